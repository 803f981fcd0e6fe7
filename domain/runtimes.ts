/** The properties of one runtime. Code that depends on the runtime reads them here. */
interface RuntimeTraits {
  /** The name for people. */
  readonly title: string;
  /** Who makes it, and under which licence: what a bill of materials states. */
  readonly upstream: {
    readonly supplier: string;
    readonly homepage: string;
    /** An SPDX id. */
    readonly licence: string;
    /** What a pinned file has besides the runtime's own programs, if that has other licences. */
    readonly contains?: string;
    /**
     * The repository on GitHub whose releases are immutable, so that GitHub signs the names and checksums of their
     * files. Source: the mark "Immutable" on the pages of its releases 4.1.0 and 4.3.0 (docs/use/mirror.md).
     */
    readonly signedReleases?: string;
  };
  /** Its handler names in containerd. A node and its RuntimeClass use the first. */
  readonly handlers: readonly [string, ...string[]];
  /** The RuntimeClass that pods request it with. */
  readonly runtimeClass: string;
  /** What a sandbox needs in addition to its containers, by resource, if that matters to the scheduler. */
  readonly overhead?: Readonly<Record<string, string>>;
  /**
   * Whether its pods run only in user namespaces. The kubelet must offer them for its handler, and pods must request
   * them.
   */
  readonly userNamespaces?: true;
  /** Whether it starts a virtual machine for each pod, and so needs virtualization. */
  readonly virtualMachines?: true;
  /** Whether another version can be installed while sandboxes run: they keep the files that they were started with. */
  readonly switchesInPlace?: true;
  /** Labels on a released Node for this runtime, in addition to Airlock's own. */
  readonly nodeLabels?: Readonly<Record<string, string>>;
  /** The pod annotations that its shim can accept: their prefix, and one full name as an example. */
  readonly podAnnotations?: { readonly prefix: string; readonly example: string };
  /** The usual installer. Airlock does not share a node with it. */
  readonly otherInstaller?: string;
  /** Shared shell parts (`ssm-documents/node`) that its documents need before its own parts. */
  readonly shellParts?: {
    readonly install?: readonly string[];
    readonly prove?: readonly string[];
    readonly inventory?: readonly string[];
    readonly uninstall?: readonly string[];
  };
}

const registry = {
  gvisor: {
    title: 'gVisor',
    upstream: { supplier: 'The gVisor Authors', homepage: 'https://gvisor.dev', licence: 'Apache-2.0' },
    handlers: ['runsc'],
    runtimeClass: 'gvisor',
    switchesInPlace: true,
  },
  kata: {
    title: 'Kata',
    upstream: {
      supplier: 'Kata Containers',
      homepage: 'https://katacontainers.io',
      licence: 'Apache-2.0',
      signedReleases: 'kata-containers/kata-containers',
      contains: 'QEMU, Cloud Hypervisor, firmware, a Linux kernel and guest images, each under its own licence',
    },
    handlers: ['kata-qemu', 'kata-clh', 'kata-dragonball'],
    runtimeClass: 'kata-qemu',
    virtualMachines: true,
    // Upstream's figures for the virtual machine.
    overhead: { memory: '320Mi', cpu: '250m' },
    podAnnotations: { prefix: 'io.katacontainers.', example: 'io.katacontainers.config.hypervisor.default_vcpus' },
    otherInstaller: 'kata-deploy',
    shellParts: { install: ['kvm'] },
  },
  sysbox: {
    title: 'Sysbox',
    upstream: { supplier: 'Nestybox', homepage: 'https://github.com/nestybox/sysbox', licence: 'Apache-2.0' },
    handlers: ['sysbox-runc'],
    runtimeClass: 'sysbox-runc',
    userNamespaces: true,
    // Manifests written for sysbox-deploy-k8s select this label.
    nodeLabels: { 'sysbox-runtime': 'running' },
    otherInstaller: 'sysbox-deploy-k8s',
    shellParts: { uninstall: ['packages'] },
  },
} as const satisfies Readonly<Record<string, RuntimeTraits>>;

/** One of the runtimes that Airlock knows. */
export type Runtime = keyof typeof registry;

/** The properties of each runtime. */
export const runtimeTraits: Readonly<Record<Runtime, RuntimeTraits>> = registry;

/** The names of the runtimes, in registry order. */
export const runtimes = Object.keys(registry) as readonly Runtime[];

/** The runtime in examples, and the default of local nodes. */
export const exampleRuntime: Runtime = 'gvisor';

/**
 * Makes a table with one entry per runtime.
 *
 * @param entryOf makes a runtime's entry
 */
export function tableByRuntime<Entry>(entryOf: (runtime: Runtime) => Entry): Record<Runtime, Entry> {
  return Object.fromEntries(runtimes.map((runtime) => [runtime, entryOf(runtime)])) as Record<Runtime, Entry>;
}

/** The runtime-specific labels of released Nodes, by key. */
export const runtimeNodeLabels: Readonly<Record<string, string>> = Object.fromEntries(
  runtimes.flatMap((runtime) => Object.entries(runtimeTraits[runtime].nodeLabels ?? {})),
);
