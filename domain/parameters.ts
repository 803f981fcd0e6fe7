import { type Runtime, runtimeTraits } from './runtimes.ts';
import { deadlineBounds } from './tags.ts';

/** What a document does on a node. */
export type Verb = 'install' | 'prove' | 'inventory' | 'uninstall';

/** The verbs that a run sends to a node. */
export type SentVerb = Extract<Verb, 'install' | 'prove'>;

/** Every verb, in the order of a node's life. */
export const verbs: readonly Verb[] = ['install', 'prove', 'inventory', 'uninstall'];

/** A node's request, as far as a document needs it. */
interface RequestedRuntime {
  readonly runtime: Runtime;
  readonly version: string;
  /** One of the runtime's handlers; default: the first. */
  readonly handler?: string;
  /** One of the {@link timeSteps}; default: a quarter of an hour. */
  readonly seconds?: number;
}

const upTo = (from: number, to: number, step: number) =>
  Array.from({ length: (to - from) / step + 1 }, (_, index) => from + index * step);

/**
 * The values of a document's parameter for the time left, in seconds, ascending. The steps are coarse, because nodes
 * can share a command only if its parameters are the same.
 */
export const timeSteps: readonly number[] = [
  ...upTo(60, 240, 60),
  ...upTo(300, 1_050, 150),
  ...upTo(1_200, 3_000, 600),
  ...upTo(3_600, deadlineBounds.most * 60, 1_200),
];

/** The step for the time that a node has left: the longest that fits, or the shortest. */
export function timeStep(leftMs: number): number {
  return timeSteps.findLast((seconds) => seconds * 1_000 <= leftMs) ?? Math.min(...timeSteps);
}

/**
 * Builds the parameters that SendCommand passes to a document.
 *
 * @returns parameters by name; `inventory` and `uninstall` take any version
 */
export function parametersFor(
  verb: Verb,
  { runtime, version, handler, seconds = 900 }: RequestedRuntime,
): Record<string, string> {
  const Seconds = String(seconds);
  if (verb === 'uninstall' || verb === 'inventory') return { Seconds };
  const [usual, ...others] = runtimeTraits[runtime].handlers;
  return {
    Version: version,
    ...(others.length === 0 ? {} : { Handler: handler ?? usual }),
    Seconds,
  };
}
