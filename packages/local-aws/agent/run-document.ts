import { DocumentError, readDocument, type Step } from './document.ts';
import type { AgentMachine } from './machine.ts';
import { firstAgentWithEnvironment, interpolate, type Resolved, resolveParameters } from './parameters.ts';
import { operationOf } from './precondition.ts';
import { endsDocument, type PluginResult, refused, refusedInputs, reportOf, type Status, skipped } from './report.ts';
import { readShellInputs } from './shell-inputs.ts';

/** The result of a document on one machine. */
export interface DocumentResult {
  readonly status: Status;
  readonly plugins: readonly PluginResult[];
  readonly durationMs: number;
}

/** The options of a run. */
export interface RunOptions {
  readonly machine: AgentMachine;
  readonly commandId: string;
  /** {@link firstAgentWithEnvironment} by default. */
  readonly agentVersion?: string;
  /** Returns the value of `{{ssm:name}}`; without it such a value fails the document. */
  readonly parameterStore?: (name: string) => string;
}

/** A script that requests a reboot each time would run forever; the real agent gives up as well. */
const mostReboots = 3;

/**
 * Runs a Command document on a machine by the rules of amazon-ssm-agent.
 *
 * @param document the document's content
 * @param parameters the values in SendCommand
 * @returns what the agent would report; a document that the agent refuses has Failed without running a step
 */
export async function runDocument(
  document: unknown,
  parameters: Readonly<Record<string, readonly string[]>>,
  options: RunOptions,
): Promise<DocumentResult> {
  try {
    const read = readDocument(document);
    const version = options.agentVersion ?? firstAgentWithEnvironment;
    const store = options.parameterStore ?? noStore;
    const resolved = resolveParameters(read, parameters, version, store);
    if (read.mainSteps.length === 0) throw new DocumentError('document: mainSteps: Unsupported schema format');
    return await runSteps(read.mainSteps, read.schemaVersion, resolved, options);
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    return { status: 'Failed', plugins: [refused('document', error.message)], durationMs: 0 };
  }
}

function noStore(name: string): string {
  throw new DocumentError(`{{ssm:${name}}}: there is no Parameter Store`);
}

async function runSteps(
  steps: readonly Step[],
  schemaVersion: string,
  resolved: Resolved,
  options: RunOptions,
): Promise<DocumentResult> {
  const plugins: PluginResult[] = [];
  let hasEnded = false;
  for (const [index, step] of steps.entries()) {
    const inputs = interpolate(step.inputs, resolved.textual) as Record<string, unknown>;
    const isFinally = index === steps.length - 1 && String(inputs['finallyStep']) === 'true';
    const result =
      hasEnded && !isFinally
        ? skipped(step.name, `Plugin with name ${step.action} and id ${step.name} ${afterExit}`)
        : await runStep(step, inputs, schemaVersion, resolved, options);
    plugins.push(result);
    hasEnded ||= endsDocument(result, inputs);
  }
  return {
    status: worst(plugins),
    plugins,
    durationMs: plugins.reduce((total, { durationMs }) => total + durationMs, 0),
  };
}

function worst(plugins: readonly PluginResult[]): Status {
  const order: readonly Status[] = ['Failed', 'TimedOut', 'Cancelled'];
  return order.find((status) => plugins.some((plugin) => plugin.status === status)) ?? 'Success';
}

const afterExit = 'skipped due to prior step with an exit condition';

async function runStep(
  step: Step,
  inputs: Readonly<Record<string, unknown>>,
  schemaVersion: string,
  resolved: Resolved,
  { machine, commandId }: RunOptions,
): Promise<PluginResult> {
  const operation = operationOf(step, schemaVersion, resolved);
  if (operation.does === 'skip') return skipped(step.name, operation.message);
  if (operation.does === 'fail') return refused(step.name, operation.message);
  const read = readShellInputs(inputs);
  if (typeof read === 'string') return refusedInputs(step.name, read, inputs['onFailure']);
  const script = {
    text: read.lines.join('\n'),
    environment: { ...read.environment, ...resolved.environment, SSM_COMMAND_ID: commandId },
    timeoutSeconds: read.timeoutSeconds,
  };
  let ended = await machine.run(script);
  for (let reboots = 0; ended.exitCode === 194 && reboots < mostReboots; reboots++) ended = await machine.run(script);
  return reportOf(step.name, ended, inputs['onFailure']);
}
