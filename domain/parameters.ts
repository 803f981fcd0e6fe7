import { type Runtime, runtimeTraits } from './runtimes.ts';
import { deadlineBounds } from './tags.ts';

/** What a document does on a node. */
export type Verb = 'install' | 'prove' | 'uninstall';

/** What a node can be sent on its way. */
export type SentVerb = Exclude<Verb, 'uninstall'>;

/** Every verb, in the order of a node's life. */
export const verbs: readonly Verb[] = ['install', 'prove', 'uninstall'];

/** What a node asks for, as far as a document wants to know it. */
interface RequestedRuntime {
  readonly runtime: Runtime;
  readonly version: string;
  /** One of the runtime's handlers; the first of them unless told. */
  readonly handler?: string;
  /** One of the {@link timeSteps}; a quarter of an hour unless told. */
  readonly seconds?: number;
}

const upTo = (from: number, to: number, step: number) =>
  Array.from({ length: (to - from) / step + 1 }, (_, index) => from + index * step);

/**
 * The seconds that a document can be told are left to a node, in rising order. The steps are coarse, because nodes share a command only if they are sent
 * the same.
 */
export const timeSteps: readonly number[] = [
  ...upTo(60, 240, 60),
  ...upTo(300, 1_050, 150),
  ...upTo(1_200, 3_000, 600),
  ...upTo(3_600, deadlineBounds.most * 60, 1_200),
];

/** The step for the time that a node has: the last one within it, or the shortest. */
export function timeStep(leftMs: number): number {
  return timeSteps.findLast((seconds) => seconds * 1_000 <= leftMs) ?? Math.min(...timeSteps);
}

/**
 * The parameters that a document declares, with the values that it has to be sent with: what SendCommand takes for it.
 *
 * @returns parameters by name; `uninstall` takes away whatever version is there
 */
export function parametersFor(
  verb: Verb,
  { runtime, version, handler, seconds = 900 }: RequestedRuntime,
): Record<string, string> {
  const Seconds = String(seconds);
  if (verb === 'uninstall') return { Seconds };
  const [usual, ...others] = runtimeTraits[runtime].handlers;
  return {
    Version: version,
    ...(others.length === 0 ? {} : { Handler: handler ?? usual }),
    Seconds,
  };
}
