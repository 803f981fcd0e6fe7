/** What sets one runtime apart: everything the rest of the code asks about a runtime is a column here. */
interface RuntimeTraits {
  /** What people call it. */
  readonly title: string;
  /** The names under which containerd knows it. A node gets the first, and its RuntimeClass names the first. */
  readonly handlers: readonly [string, ...string[]];
  /** The name of the RuntimeClass by which pods ask for it. */
  readonly runtimeClass: string;
  /** What a sandbox needs beside its containers, by resource, if it is enough to matter to the scheduler. */
  readonly overhead?: Readonly<Record<string, string>>;
  /** Whether its pods run in user namespaces only: the kubelet has to offer them for its handler, and pods have to ask for them. */
  readonly userNamespaces?: true;
  /** Labels that a released Node carries for this runtime, beside Airlock's own. */
  readonly nodeLabels?: Readonly<Record<string, string>>;
  /** The annotations of a pod that its shim can be given: their prefix, and the full name of one. */
  readonly podAnnotations?: { readonly prefix: string; readonly example: string };
  /** The usual installer, which Airlock does not share a node with. */
  readonly otherInstaller?: string;
  /** Shared parts of shell (`ssm-documents/node`) that its documents need before its own. */
  readonly shellParts?: {
    readonly install?: readonly string[];
    readonly prove?: readonly string[];
    readonly uninstall?: readonly string[];
  };
}

const registry = {
  gvisor: { title: 'gVisor', handlers: ['runsc'], runtimeClass: 'gvisor' },
  kata: {
    title: 'Kata',
    handlers: ['kata-qemu', 'kata-clh', 'kata-dragonball'],
    runtimeClass: 'kata-qemu',
    // Upstream's own figures for the virtual machine.
    overhead: { memory: '320Mi', cpu: '250m' },
    podAnnotations: { prefix: 'io.katacontainers.', example: 'io.katacontainers.config.hypervisor.default_vcpus' },
    otherInstaller: 'kata-deploy',
    shellParts: { install: ['kvm'] },
  },
  sysbox: {
    title: 'Sysbox',
    handlers: ['sysbox-runc'],
    runtimeClass: 'sysbox-runc',
    userNamespaces: true,
    // What manifests written for sysbox-deploy-k8s select.
    nodeLabels: { 'sysbox-runtime': 'running' },
    otherInstaller: 'sysbox-deploy-k8s',
    shellParts: { uninstall: ['packages'] },
  },
} as const satisfies Readonly<Record<string, RuntimeTraits>>;

/** One of the runtimes that Airlock knows. */
export type Runtime = keyof typeof registry;

/** The runtimes that Airlock knows, one row each. Everything that depends on a runtime follows from its row. */
export const runtimeTraits: Readonly<Record<Runtime, RuntimeTraits>> = registry;

/** The names of the runtimes, in the order of the registry. */
export const runtimes = Object.keys(registry) as readonly Runtime[];

/** The runtime that examples name, and that local nodes get unless another is asked for. */
export const exampleRuntime: Runtime = 'gvisor';

/**
 * Makes a table with one entry per runtime.
 *
 * @param entryOf makes a runtime's entry
 */
export function tableByRuntime<Entry>(entryOf: (runtime: Runtime) => Entry): Record<Runtime, Entry> {
  return Object.fromEntries(runtimes.map((runtime) => [runtime, entryOf(runtime)])) as Record<Runtime, Entry>;
}

/** The labels that released Nodes carry for single runtimes, by key. */
export const runtimeNodeLabels: Readonly<Record<string, string>> = Object.fromEntries(
  runtimes.flatMap((runtime) => Object.entries(runtimeTraits[runtime].nodeLabels ?? {})),
);
