/**
 * The listing of commands:
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ListCommandInvocations.html and its neighbours
 */
import type {
  CommandFilter,
  CommandInvocation,
  CommandInvocationStatus,
  CommandPlugin,
  ListCommandInvocationsCommandInput,
  ListCommandsCommandInput,
  Command as ShownCommand,
} from '@aws-sdk/client-ssm';
import type { PluginResult } from '../../agent/report.ts';
import { AwsError } from '../../gateway/service.ts';
import { constraint } from './agents.ts';
import { type Command, commandStatus, type Invocation, isFinal } from './command.ts';

/** How much of a step's output each call shows, in characters. */
const shown = { stdout: 24_000, stderr: 8000, listing: 2500 };

/** ListCommands, the latest first. */
export function listCommands(commands: readonly Command[], input: ListCommandsCommandInput) {
  const { CommandId, InstanceId, Filters = [] } = input;
  const found = commands
    .filter((one) => CommandId === undefined || one.id === CommandId)
    .filter((one) => InstanceId === undefined || one.invocations.some((each) => each.instanceId === InstanceId))
    .filter(filtered(Filters, (one: Command) => ({ ...one, name: one.document.name, status: commandStatus(one) })));
  const { items, next } = page(found.toReversed(), input);
  return { Commands: items.map(shownCommand), ...next };
}

/** ListCommandInvocations, the latest command first. */
export function listInvocations(commands: readonly Command[], input: ListCommandInvocationsCommandInput) {
  const { CommandId, InstanceId, Filters = [], Details = false } = input;
  const found = commands
    .toReversed()
    .filter((one) => CommandId === undefined || one.id === CommandId)
    .flatMap((command) => command.invocations.map((invocation) => ({ command, invocation })))
    .filter(({ invocation }) => InstanceId === undefined || invocation.instanceId === InstanceId)
    .filter(
      filtered(Filters, ({ command, invocation }: { command: Command; invocation: Invocation }) => ({
        requestedAt: command.requestedAt,
        name: command.document.name,
        status: invocation.status,
      })),
    );
  const { items, next } = page(found, input);
  return { CommandInvocations: items.map(({ command, invocation }) => listed(command, invocation, Details)), ...next };
}

/** A command as SendCommand and ListCommands return it. */
export function shownCommand(command: Command): ShownCommand {
  const { document, documentVersion, parameters, invocations, shown: given } = command;
  const status = commandStatus(command);
  const count = (...statuses: CommandInvocationStatus[]) =>
    invocations.filter((one) => statuses.includes(one.status)).length;
  return {
    CommandId: command.id,
    DocumentName: document.name,
    DocumentVersion: documentVersion,
    Comment: command.comment,
    ExpiresAfter: new Date(command.expiresAt),
    Parameters: Object.fromEntries(Object.entries(parameters).map(([name, values]) => [name, [...values]])),
    InstanceIds: invocations.map((one) => one.instanceId),
    Targets: [],
    RequestedDateTime: new Date(command.requestedAt),
    Status: status,
    StatusDetails: status,
    MaxConcurrency: given.maxConcurrency,
    MaxErrors: given.maxErrors,
    TargetCount: invocations.length,
    CompletedCount: invocations.filter((one) => isFinal(one.status)).length,
    ErrorCount: count('Failed', 'TimedOut'),
    DeliveryTimedOutCount: invocations.filter((one) => one.statusDetails === 'DeliveryTimedOut').length,
    TimeoutSeconds: given.timeoutSeconds,
  };
}

/** One invocation as GetCommandInvocation returns it. Throws AwsError InvalidPluginName. */
export function shownInvocation(command: Command, invocation: Invocation, pluginName: string | undefined) {
  const steps = command.document.content.mainSteps;
  const name = pluginName ?? steps[0]?.name;
  if (pluginName === undefined && steps.length > 1) {
    throw new AwsError('InvalidPluginName', 'The plugin name is required: the document has more than one step.');
  }
  const step = steps.find((one) => one.name === name);
  if (step === undefined) throw new AwsError('InvalidPluginName', `The document has no step ${name}.`);
  const plugin = invocation.plugins.find((one) => one.name === name);
  const iso = (ms: number | undefined) => (ms === undefined ? '' : new Date(ms).toISOString());
  const { startedAt, endedAt = startedAt } = invocation;
  return {
    CommandId: command.id,
    InstanceId: invocation.instanceId,
    Comment: command.comment,
    DocumentName: command.document.name,
    DocumentVersion: command.documentVersion,
    PluginName: step.name,
    ResponseCode: plugin?.responseCode ?? -1,
    ExecutionStartDateTime: iso(startedAt),
    ExecutionEndDateTime: isFinal(invocation.status) ? iso(invocation.endedAt) : '',
    ExecutionElapsedTime: startedAt === undefined ? '' : `PT${((endedAt ?? startedAt) - startedAt) / 1000}S`,
    Status: invocation.status,
    StatusDetails: invocation.statusDetails,
    StandardOutputContent: (plugin?.stdout ?? '').slice(0, shown.stdout),
    StandardOutputUrl: '',
    StandardErrorContent: (plugin?.stderr ?? '').slice(0, shown.stderr),
    StandardErrorUrl: '',
    CloudWatchOutputConfig: { CloudWatchLogGroupName: '', CloudWatchOutputEnabled: false },
  };
}

function listed(command: Command, invocation: Invocation, details: boolean): CommandInvocation {
  const plugins: CommandPlugin[] = command.document.content.mainSteps.map((step) => {
    const ended = invocation.plugins.find((one) => one.name === step.name);
    return ended === undefined ? pending(step.name, invocation) : plugin(ended, invocation);
  });
  return {
    CommandId: command.id,
    InstanceId: invocation.instanceId,
    InstanceName: '',
    Comment: command.comment,
    DocumentName: command.document.name,
    DocumentVersion: command.documentVersion,
    RequestedDateTime: new Date(command.requestedAt),
    Status: invocation.status,
    StatusDetails: invocation.statusDetails,
    StandardOutputUrl: '',
    StandardErrorUrl: '',
    CommandPlugins: details ? plugins : [],
  };
}

function pending(Name: string, { status, statusDetails }: Invocation): CommandPlugin {
  const Status = status === 'Delayed' || status === 'Cancelling' ? 'InProgress' : status;
  return { Name, Status, StatusDetails: statusDetails, ResponseCode: -1, Output: '' };
}

function plugin(ended: PluginResult, { startedAt, endedAt }: Invocation): CommandPlugin {
  return {
    Name: ended.name,
    Status: ended.status as CommandPlugin['Status'] & string,
    StatusDetails: ended.statusDetails,
    ResponseCode: ended.responseCode,
    ...(startedAt === undefined ? {} : { ResponseStartDateTime: new Date(startedAt) }),
    ...(endedAt === undefined ? {} : { ResponseFinishDateTime: new Date(endedAt) }),
    Output: ended.output.slice(0, shown.listing),
    StandardOutputUrl: '',
    StandardErrorUrl: '',
  };
}

/** The filters of both lists; times have no fractions of a second. */
function filtered<Item>(
  filters: readonly CommandFilter[],
  read: (item: Item) => { readonly requestedAt: number; readonly name: string; readonly status: string },
): (item: Item) => boolean {
  const tests = filters.map(({ key, value = '' }) => {
    switch (key) {
      case 'InvokedAfter': {
        const after = time(value);
        return (item: Item) => read(item).requestedAt >= after;
      }
      case 'InvokedBefore': {
        const before = time(value);
        return (item: Item) => read(item).requestedAt <= before;
      }
      case 'Status':
        return (item: Item) => read(item).status === value;
      case 'DocumentName':
        return (item: Item) => read(item).name === value;
      default:
        throw new AwsError('InvalidFilterKey', `The filter key ${key} is not modelled here.`);
    }
  });
  return (item) => tests.every((test) => test(item));
}

function time(value: string): number {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value))
    throw constraint('filters.value', value, 'a time such as 2026-11-21T09:00:00Z');
  return Date.parse(value);
}

function page<Item>(
  all: readonly Item[],
  { MaxResults = 50, NextToken }: { readonly MaxResults?: number | undefined; readonly NextToken?: string | undefined },
) {
  if (MaxResults < 1 || MaxResults > 50) throw constraint('maxResults', String(MaxResults), 'between 1 and 50');
  const start = NextToken === undefined ? 0 : Number(Buffer.from(NextToken, 'base64').toString());
  if (!Number.isInteger(start)) throw new AwsError('InvalidNextToken', 'The specified token is not valid.');
  const end = start + MaxResults;
  const next = end < all.length ? { NextToken: Buffer.from(String(end)).toString('base64') } : {};
  return { items: all.slice(start, end), next };
}
