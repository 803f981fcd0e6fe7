import type { Runtime } from './node.ts';

/** What a document does on a node. */
export type Verb = 'install' | 'prove' | 'uninstall';

/** What a node can be sent on its way. */
export type SentVerb = Exclude<Verb, 'uninstall'>;

/** Every verb, in the order of a node's life. */
export const verbs: readonly Verb[] = ['install', 'prove', 'uninstall'];

/** The names under which containerd knows a runtime; the first is the one that a node gets where nothing else is asked for. */
export const handlers = {
  gvisor: ['runsc'],
  kata: ['kata-qemu', 'kata-clh', 'kata-dragonball'],
  sysbox: ['sysbox-runc'],
} as const satisfies Record<Runtime, readonly [string, ...string[]]>;

/** What a node asks for, as far as a document wants to know it. */
interface Wanted {
  readonly runtime: Runtime;
  readonly release: string;
  /** One of the runtime's {@link handlers}; the first of them unless told. */
  readonly handler?: string;
}

/**
 * The parameters that a document declares, with the values that it has to be sent with: what SendCommand takes for it.
 *
 * @returns parameters by name; none for `uninstall`, which takes away whatever release is there
 */
export function parametersFor(verb: Verb, { runtime, release, handler }: Wanted): Record<string, string> {
  if (verb === 'uninstall') return {};
  const [usual, ...others] = handlers[runtime] as readonly string[];
  return {
    Release: release,
    ...(others.length === 0 || usual === undefined ? {} : { Handler: handler ?? usual }),
  };
}
