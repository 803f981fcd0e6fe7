/**
 * Run Command and documents: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html and
 * its neighbours
 */
import { randomUUID } from 'node:crypto';
import type {
  CancelCommandCommandInput,
  CreateDocumentCommandInput,
  DeleteDocumentCommandInput,
  DescribeDocumentCommandInput,
  DescribeInstanceInformationCommandInput,
  GetCommandInvocationCommandInput,
  ListCommandInvocationsCommandInput,
  ListCommandsCommandInput,
  SendCommandCommandInput,
  UpdateDocumentCommandInput,
  UpdateDocumentDefaultVersionCommandInput,
} from '@aws-sdk/client-ssm';
import type { AgentMachine } from '../../agent/machine.ts';
import type { Clock } from '../../clock.ts';
import { type Authorization, AwsError, type Environment, operation, type Service } from '../../gateway/service.ts';
import type { ResourceType } from '../../template/resource.ts';
import { type Ec2, tagContext } from '../ec2/ec2.ts';
import type { Emit } from '../service-event.ts';
import { Throttle } from '../throttle.ts';
import { Agents, constraint } from './agents.ts';
import { type Command, Delivery, type ForcedResultHook, type Invocation, type RunDocument } from './command.ts';
import { checkParameters, readDocument, type StoredDocument } from './document.ts';
import { Documents } from './documents.ts';
import { listCommands, listInvocations, shownCommand, shownInvocation } from './listing.ts';
import { documentResourceType } from './resource.ts';

/** A document's default execution timeout in seconds, which counts for a command's expiry. */
const defaultExecutionTimeout = 3600;
/** The default delivery timeout in seconds. */
const defaultDeliveryTimeout = 3600;

/** Settings for tests. */
export interface SsmSettings {
  /** How many SendCommand calls are accepted per second; AWS publishes no number. */
  sendPerSecond: number;
  /** How long after SendCommand an invocation is not visible yet, in milliseconds. */
  invisibleMs: number;
  /** How long a command takes to reach an online agent, in milliseconds. */
  latencyMs: number;
}

/** SSM in one account and region, limited to Run Command. */
export class Ssm {
  readonly service: Service;
  readonly resourceTypes: readonly ResourceType[];
  readonly settings: SsmSettings;
  readonly agents: Agents;
  readonly #clock: Clock;
  readonly #env: Environment;
  readonly #ec2: Ec2;
  readonly #documents = new Documents();
  readonly #commands = new Map<string, Command>();
  readonly #delivery: Delivery;
  readonly #throttle: Throttle;

  /** @param options.runDocument runs a document on a machine by the agent's rules */
  constructor(options: {
    clock: Clock;
    env: Environment;
    ec2: Ec2;
    emit: Emit;
    runDocument: RunDocument;
    settings?: Partial<SsmSettings>;
  }) {
    const { clock, env, ec2, emit, runDocument } = options;
    this.#clock = clock;
    this.#env = env;
    this.#ec2 = ec2;
    this.settings = { sendPerSecond: 5, invisibleMs: 500, latencyMs: 400, ...options.settings };
    this.agents = new Agents(clock);
    this.#delivery = new Delivery({
      clock,
      agents: this.agents,
      emit,
      runDocument,
      latencyMs: this.settings.latencyMs,
    });
    this.#throttle = new Throttle(clock, () => ({
      burst: this.settings.sendPerSecond,
      perSecond: this.settings.sendPerSecond,
    }));
    this.resourceTypes = [documentResourceType(this)];
    ec2.watch(({ id, state }) => {
      if (state !== 'pending' && state !== 'running') this.agents.die(id);
    });
    const onDocument = (action: string) => (input: { readonly Name?: string | undefined }) => [
      { action: `ssm:${action}`, resource: this.#documentArn(nameOf(input.Name)) },
    ];
    const anywhere = (action: string) => () => [{ action: `ssm:${action}`, resource: '*' }];
    this.service = {
      name: 'ssm',
      operations: {
        SendCommand: operation(
          (input: SendCommandCommandInput) => this.#maySend(input),
          (input) => ({ Command: shownCommand(this.#send(input)) }),
        ),
        CreateDocument: operation(
          onDocument('CreateDocument'),
          ({ Name = '', Content, DocumentFormat, TargetType }: CreateDocumentCommandInput) => {
            const read = readDocument(Content ?? '', DocumentFormat === 'YAML' ? 'YAML' : 'JSON');
            const { version, hash } = this.addDocument({ name: Name, targetType: TargetType, ...read });
            return { DocumentDescription: { Name, DocumentVersion: version, Hash: hash, HashType: 'Sha256' } };
          },
        ),
        DescribeDocument: operation(onDocument('DescribeDocument'), (input: DescribeDocumentCommandInput) =>
          this.#documents.describe(input),
        ),
        UpdateDocument: operation(onDocument('UpdateDocument'), (input: UpdateDocumentCommandInput) =>
          this.#documents.update(input),
        ),
        UpdateDocumentDefaultVersion: operation(
          onDocument('UpdateDocumentDefaultVersion'),
          (input: UpdateDocumentDefaultVersionCommandInput) => this.#documents.setStandard(input),
        ),
        DeleteDocument: operation(onDocument('DeleteDocument'), ({ Name = '' }: DeleteDocumentCommandInput) => {
          this.removeDocument(this.#documents.find(Name).name);
          return {};
        }),
        DescribeInstanceInformation: operation(
          anywhere('DescribeInstanceInformation'),
          (input: DescribeInstanceInformationCommandInput) => this.agents.describe(input),
        ),
        ListCommands: operation(anywhere('ListCommands'), (input: ListCommandsCommandInput) =>
          listCommands([...this.#commands.values()], input),
        ),
        ListCommandInvocations: operation(
          anywhere('ListCommandInvocations'),
          (input: ListCommandInvocationsCommandInput) => listInvocations(this.#visible(), input),
        ),
        GetCommandInvocation: operation(anywhere('GetCommandInvocation'), (input: GetCommandInvocationCommandInput) =>
          this.#invocation(input),
        ),
        CancelCommand: operation(anywhere('CancelCommand'), (input: CancelCommandCommandInput) => {
          const command = this.command(input.CommandId);
          const ids = input.InstanceIds ?? [];
          const stranger = ids.find((id) => !command.invocations.some(({ instanceId }) => instanceId === id));
          if (stranger !== undefined)
            throw new AwsError('InvalidInstanceId', `The command ${command.id} was not sent to ${stranger}.`);
          this.#needReachable(ids);
          this.#delivery.cancel(command, ids);
          return {};
        }),
      },
    };
  }

  /** Lets tests end commands like SSM when it cannot or may not run them. */
  set forcedResult(hook: ForcedResultHook | undefined) {
    this.#delivery.forcedResult = hook;
  }

  /** An agent comes online on an instance. */
  registerAgent(instanceId: string, { agentVersion, machine }: { agentVersion: string; machine: AgentMachine }): void {
    this.agents.register(instanceId, agentVersion, machine);
  }

  /** Adds a document. Throws AwsError DocumentAlreadyExists. */
  addDocument(document: Omit<StoredDocument, 'arn' | 'version'>): StoredDocument {
    return this.#documents.add({ ...document, arn: this.#documentArn(document.name) });
  }

  /** Removes a document, like a deployment that replaces it; commands already sent keep it. */
  removeDocument(name: string): void {
    this.#documents.remove(name);
  }

  /** Every document. */
  documents(): readonly StoredDocument[] {
    return this.#documents.all();
  }

  /** Every command, in order of sending. */
  commands(): readonly Command[] {
    return [...this.#commands.values()];
  }

  /** A command by its id. Throws AwsError InvalidCommandId. */
  command(id: string | undefined): Command {
    const command = this.#commands.get(id ?? '');
    if (command === undefined) throw new AwsError('InvalidCommandId', `The command id ${id} does not exist.`);
    return command;
  }

  /** SendCommand needs the right on the document and on each instance, whose tags conditions may check. */
  #maySend(input: SendCommandCommandInput): readonly Authorization[] {
    const { partition, region, account } = this.#env;
    const action = 'ssm:SendCommand';
    return [
      { action, resource: this.#documentArn(nameOf(input.DocumentName)) },
      ...(input.InstanceIds ?? []).map((id) => ({
        action,
        resource: `arn:${partition}:ec2:${region}:${account}:instance/${id}`,
        context: tagContext(this.#ec2.find(id)?.tags ?? {}, 'ssm'),
      })),
    ];
  }

  #send(input: SendCommandCommandInput): Command {
    if (!this.#throttle.take()) throw new AwsError('ThrottlingException', 'Rate exceeded');
    refuseUnmodelled(input);
    const ids = input.InstanceIds ?? [];
    if (ids.length === 0) throw constraint('instanceIds', '[]', 'not empty: targets are not modelled here');
    if (ids.length > 50) throw constraint('instanceIds', `[${ids.join(', ')}]`, 'at most 50 long');
    if (new Set(ids).size < ids.length)
      throw new AwsError('DuplicateInstanceId', "You can't specify an instance ID in more than one association.");
    const timeoutSeconds = input.TimeoutSeconds ?? defaultDeliveryTimeout;
    if (timeoutSeconds < 30 || timeoutSeconds > 2_592_000) {
      throw constraint('timeoutSeconds', String(timeoutSeconds), 'between 30 and 2592000');
    }
    const comment = input.Comment ?? '';
    if (comment.length > 100) throw constraint('comment', comment, 'at most 100 characters long');
    const document = this.#documents.find(nameOf(input.DocumentName), input.DocumentVersion);
    if (input.DocumentHash !== undefined && input.DocumentHash !== document.hash) {
      throw new AwsError('InvalidDocument', `document hash ${input.DocumentHash} does not match Sha256.`);
    }
    const parameters = checkParameters(document, input.Parameters ?? {});
    this.#needReachable(ids);
    const now = this.#clock.now();
    const maxConcurrency = input.MaxConcurrency ?? '50';
    const maxErrors = input.MaxErrors ?? '0';
    const command: Command = {
      id: randomUUID(),
      document,
      documentVersion: input.DocumentVersion ?? '$DEFAULT',
      parameters,
      comment,
      requestedAt: now,
      expiresAt: now + (timeoutSeconds + executionTimeout(document)) * 1000,
      maxConcurrency: share(maxConcurrency, ids.length, 'maxConcurrency', 1),
      maxErrors: share(maxErrors, ids.length, 'maxErrors', 0),
      shown: { maxConcurrency, maxErrors, timeoutSeconds },
      invocations: ids.map((id) => this.#made(id)),
      cancelled: false,
    };
    this.#commands.set(command.id, command);
    void this.#delivery.send(command);
    return command;
  }

  #made(instanceId: string): Invocation {
    return {
      instanceId,
      instanceArn: this.#ec2.instance(instanceId).arn,
      status: 'Pending',
      statusDetails: 'Pending',
      plugins: [],
      startedAt: undefined,
      endedAt: undefined,
      abort: new AbortController(),
    };
  }

  /** One unreachable instance fails a whole SendCommand or CancelCommand call. */
  #needReachable(ids: readonly string[]): void {
    const invalid = ids.filter((id) => !this.#reachable(id));
    if (invalid.length === 0) return;
    const message = `Instances [[${invalid.join(', ')}]] not in a valid state for account ${this.#env.account}`;
    throw new AwsError('InvalidInstanceId', message);
  }

  /** An instance accepts commands from its agent's registration until its shutdown. */
  #reachable(id: string): boolean {
    const state = this.#ec2.find(id)?.state;
    return state !== undefined && state !== 'shutting-down' && state !== 'terminated' && this.agents.knows(id);
  }

  #visible(): readonly Command[] {
    const latest = this.#clock.now() - this.settings.invisibleMs;
    return this.commands().filter((command) => command.requestedAt <= latest);
  }

  #invocation(input: GetCommandInvocationCommandInput) {
    const command = this.#visible().find((one) => one.id === input.CommandId);
    const invocation = command?.invocations.find((one) => one.instanceId === input.InstanceId);
    if (command === undefined || invocation === undefined) throw new AwsError('InvocationDoesNotExist', '');
    return shownInvocation(command, invocation, input.PluginName);
  }

  #documentArn(name: string): string {
    return `arn:${this.#env.partition}:ssm:${this.#env.region}:${this.#env.account}:document/${name}`;
  }
}

function refuseUnmodelled(input: SendCommandCommandInput): void {
  const { Targets, OutputS3BucketName, NotificationConfig, AlarmConfiguration, ServiceRoleArn } = input;
  const set = Object.entries({ Targets, OutputS3BucketName, NotificationConfig, AlarmConfiguration, ServiceRoleArn });
  const [name] = set.find(([, value]) => value !== undefined) ?? [];
  if (name !== undefined) throw new AwsError('ValidationException', `SendCommand: ${name} is not modelled here`);
}

/** How long a document's steps may run at most, in seconds. */
function executionTimeout({ content }: StoredDocument): number {
  return content.mainSteps.reduce((sum, { inputs }) => {
    const seconds = Number(inputs['timeoutSeconds'] ?? defaultExecutionTimeout);
    return sum + (seconds >= 5 && seconds <= 172_800 ? seconds : defaultExecutionTimeout);
  }, 0);
}

function share(text: string, of: number, member: string, least: number): number {
  const [, digits = '', percent] = /^(\d{1,6})(%?)$/.exec(text) ?? [];
  const count = percent === '%' ? Math.floor((of * Number(digits)) / 100) : Number(digits);
  if (digits === '' || (percent === '%' && Number(digits) > 100))
    throw constraint(member, text, 'a number or a percentage');
  return Math.max(least, count);
}

function nameOf(documentName: string | undefined): string {
  return documentName?.split(':document/').at(-1) ?? '';
}
