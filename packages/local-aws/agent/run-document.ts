import { DocumentError, readDocument, type Step } from './document.ts';
import type { AgentMachine, Ended } from './machine.ts';
import { combine, cutStream } from './output.ts';
import { firstAgentWithEnvironment, interpolate, type Resolved, resolveParameters } from './parameters.ts';

/** How a plugin or a document ended. */
type Status = 'Success' | 'Failed' | 'TimedOut' | 'Cancelled';

/** The result of one step, as GetCommandInvocation and ListCommandInvocations show it. */
export interface PluginResult {
  readonly name: string;
  readonly status: Status;
  /** The status as `StatusDetails` spells it, for instance `Execution Timed Out`. */
  readonly statusDetails: string;
  /** The script's exit status; -1 if it did not run. */
  readonly responseCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Both streams in at most 2,500 bytes. */
  readonly output: string;
  readonly durationMs: number;
}

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

/** The effect of a step's end on the following steps. */
interface StepEnd {
  readonly result: PluginResult;
  readonly stop: boolean;
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
  let stopped = false;
  for (const step of steps) {
    const last = step.inputs['finallyStep'] === true || step.inputs['finallyStep'] === 'true';
    if (stopped && !last) continue;
    const { result, stop } = await runStep(step, schemaVersion, resolved, options);
    plugins.push(result);
    stopped ||= stop;
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

async function runStep(
  step: Step,
  schemaVersion: string,
  resolved: Resolved,
  { machine, commandId }: RunOptions,
): Promise<StepEnd> {
  const unmet = precondition(step, schemaVersion, resolved);
  if (unmet === 'skip') return { result: skipped(step.name), stop: false };
  if (unmet !== undefined) return { result: refused(step.name, unmet), stop: false };
  if (step.action !== 'aws:runShellScript') {
    return { result: refused(step.name, `plugin ${step.action} is not simulated`), stop: false };
  }
  const inputs = interpolate(step.inputs, resolved.textual) as Record<string, unknown>;
  const lines = inputs['runCommand'];
  const text = Array.isArray(lines) ? lines.map(String).join('\n') : String(lines ?? '');
  const script = {
    text,
    environment: { ...resolved.environment, SSM_COMMAND_ID: commandId },
    timeoutSeconds: timeout(inputs['timeoutSeconds']),
  };
  let ended = await machine.run(script);
  for (let reboots = 0; ended.exitCode === 194 && reboots < mostReboots; reboots++) ended = await machine.run(script);
  const result = reportOf(step.name, ended);
  return { result, stop: stops(step, result) };
}

/** Whether the following steps are skipped. The agent reads this from the step's inputs, and continues by default. */
function stops(step: Step, { status, responseCode }: PluginResult): boolean {
  if (responseCode === 168 || responseCode === 169) return true;
  return (status === 'Success' ? step.inputs['onSuccess'] : step.inputs['onFailure']) === 'exit';
}

/** `skip` if the condition does not hold, a reason if the agent cannot evaluate it. */
function precondition(step: Step, schemaVersion: string, resolved: Resolved): string | undefined {
  if (step.precondition === undefined) return undefined;
  if (schemaVersion !== '2.2') return 'precondition needs schemaVersion 2.2';
  for (const [operator, operands] of Object.entries(step.precondition)) {
    if (operator !== 'StringEquals') return `unrecognized precondition operator ${operator}`;
    if (operands.length !== 2) return `StringEquals takes two arguments, not ${operands.length}`;
    const [one, other] = operands.map((operand) => {
      if (operand === 'platformType') return 'linux';
      const value = interpolate(operand, resolved.textual);
      return typeof value === 'string' ? value : JSON.stringify(value);
    });
    const platform = operands.includes('platformType');
    if (platform ? one?.toLowerCase() !== other?.toLowerCase() : one !== other) return 'skip';
  }
  return undefined;
}

/** Seconds; an invalid or out-of-range value counts as an hour. */
function timeout(value: unknown): number {
  const seconds =
    typeof value === 'number' ? value : typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : 0;
  return seconds >= 5 && seconds <= 172_800 ? seconds : 3_600;
}

/** The agent's report of a script's end. */
export function reportOf(name: string, ended: Ended): PluginResult {
  const status = statusOf(ended);
  const failed = status === 'Failed' && ended.exitCode !== 169;
  const stderr = failed
    ? `${ended.stderr}${ended.stderr === '' || ended.stderr.endsWith('\n') ? '' : '\n'}failed to run commands: exit status ${ended.exitCode}`
    : ended.stderr;
  return {
    name,
    status,
    statusDetails: status === 'TimedOut' ? 'Execution Timed Out' : status,
    responseCode: ended.exitCode,
    stdout: cutStream(ended.stdout),
    stderr: cutStream(stderr),
    output: combine(cutStream(ended.stdout), cutStream(stderr)),
    durationMs: ended.durationMs,
  };
}

function statusOf({ exitCode, timedOut }: Ended): Status {
  // The agent reports 137 as its own timeout, even if the kernel killed the script.
  if (timedOut || exitCode === 137) return 'TimedOut';
  return exitCode === 0 || exitCode === 168 ? 'Success' : 'Failed';
}

function skipped(name: string): PluginResult {
  const stdout = 'Step execution skipped due to unsatisfied preconditions';
  return {
    name,
    status: 'Success',
    statusDetails: 'Skipped',
    responseCode: 0,
    stdout,
    stderr: '',
    output: stdout,
    durationMs: 0,
  };
}

function refused(name: string, reason: string): PluginResult {
  return {
    name,
    status: 'Failed',
    statusDetails: 'Failed',
    responseCode: 1,
    stdout: '',
    stderr: reason,
    output: combine('', reason),
    durationMs: 0,
  };
}
