import type { Ended } from './machine.ts';
import { combine, cutStream } from './output.ts';

/** How a plugin or a document ended. */
export type Status = 'Success' | 'Failed' | 'TimedOut' | 'Cancelled';

/** The result of one step, as GetCommandInvocation and ListCommandInvocations show it. */
export interface PluginResult {
  readonly name: string;
  readonly status: Status;
  /** The status as `StatusDetails` spells it, for instance `Execution Timed Out`. */
  readonly statusDetails: string;
  /** The script's exit status; -1 if a signal ended it. */
  readonly responseCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Both streams in at most 2,500 bytes. */
  readonly output: string;
  readonly durationMs: number;
}

/** The exit statuses that end the document, as success and as failure. */
const [endWithSuccess, endWithFailure] = [168, 169];

/** Whether a step that ended so lets the following steps be skipped. */
export function endsDocument(
  { status, statusDetails, responseCode }: PluginResult,
  inputs: Readonly<Record<string, unknown>>,
): boolean {
  if (responseCode === endWithSuccess || responseCode === endWithFailure) return true;
  if (statusDetails === 'Skipped') return false;
  // A step that timed out is not a failed one.
  return status === 'Failed' ? inputs['onFailure'] === 'exit' : status === 'Success' && inputs['onSuccess'] === 'exit';
}

/**
 * The agent's report of a script's end: runscript.go, and `RunPlugins` of the agent's
 * agent/framework/runpluginutil/runpluginutil.go, which adds a sentence to both streams but not to the output.
 *
 * @param onFailure the step's input of that name
 */
export function reportOf(name: string, ended: Ended, onFailure?: unknown): PluginResult {
  const end = ended.exitCode === -1 ? 'signal: killed' : `exit status ${ended.exitCode}`;
  return withSentence(name, ended, `failed to run commands: ${end}`, onFailure);
}

/** The report of a script that the plugin did not start, because it refuses the inputs. */
export function refusedInputs(name: string, reason: string, onFailure: unknown): PluginResult {
  const ended = { exitCode: 1, timedOut: false, stdout: '', stderr: '', durationMs: 0 };
  return withSentence(name, ended, reason, onFailure);
}

function withSentence(name: string, ended: Ended, failure: string, onFailure: unknown): PluginResult {
  const status = statusOf(ended);
  const { exitCode, stdout, durationMs } = ended;
  // The agent adds no newline before it.
  const stderr = status === 'Failed' ? `${ended.stderr}${failure}` : ended.stderr;
  const shown = { name, status, statusDetails: status as string, responseCode: exitCode, durationMs };
  const output = combine(stdout, stderr);
  const streams = (out: string, error: string) => ({ stdout: cutStream(out), stderr: cutStream(error), output });
  if (exitCode === endWithSuccess) {
    const added = `\nStep exited with code 168. Therefore, marking step as succeeded. ${skipping}`;
    return { ...shown, ...streams(`${stdout}${added}`, ''), output: combine(stdout, '') };
  }
  if (exitCode === endWithFailure) {
    const added = `\nStep exited with code 169. Therefore, marking step as Failed. ${skipping}`;
    return { ...shown, ...streams(`${stdout}${added}`, `${stderr}${added}`) };
  }
  if (status === 'Failed' && (onFailure === 'exit' || onFailure === 'successAndExit')) {
    const added = `\nStep was found to have onFailure property. ${skipping}`;
    const counted = { status: 'Success', statusDetails: 'Success', responseCode: endWithSuccess } as const;
    return {
      ...shown,
      ...streams(`${stdout}${added}`, `${stderr}${added}`),
      ...(onFailure === 'exit' ? {} : counted),
    };
  }
  return {
    ...shown,
    ...streams(stdout, stderr),
    statusDetails: status === 'TimedOut' ? 'Execution Timed Out' : status,
  };
}

const skipping = 'Further document steps will be skipped.';

function statusOf({ exitCode, timedOut }: Ended): Status {
  // The agent reports 137 as its own timeout, even if the kernel killed the script.
  if (timedOut || exitCode === 137) return 'TimedOut';
  return exitCode === 0 || exitCode === 168 ? 'Success' : 'Failed';
}

/** The report of a step that did not run and counts as a success. */
export function skipped(name: string, message: string): PluginResult {
  return { ...unrun(name, message), status: 'Success', statusDetails: 'Skipped', responseCode: 0 };
}

/** The report of a step, or of a whole document, that the agent refuses to run. */
export function refused(name: string, message: string): PluginResult {
  return { ...unrun(name, message), status: 'Failed', statusDetails: 'Failed', responseCode: 1 };
}

function unrun(name: string, output: string) {
  return { name, stdout: '', stderr: '', output, durationMs: 0 };
}
