/** A script that an SSM agent runs on a node, as the agent would. */
export interface Script {
  /** The lines of `runCommand`, joined by a newline. */
  readonly text: string;
  /** The environment that the agent adds: `SSM_<parameter>` and `SSM_COMMAND_ID`. */
  readonly environment: Readonly<Record<string, string>>;
  /** After how many seconds of its own time the script is killed. */
  readonly timeoutSeconds: number;
}

/** How a script ended. */
export interface Ended {
  /** The exit status; 137 where it was killed. */
  readonly exitCode: number;
  /** Whether the time-out killed it. */
  readonly timedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;
  /** How long it took on the machine, in milliseconds: measured, or as the model says. */
  readonly durationMs: number;
}

/** A runtime handler as the node's CRI reports it to the kubelet. */
export interface RuntimeHandler {
  readonly name: string;
  readonly features: { readonly recursiveReadOnlyMounts: boolean; readonly userNamespaces: boolean };
}

/** The kernel of a node where nothing else is said: that of Ubuntu 24.04's image for EKS. */
export const usualKernel = '6.8.0-1069-aws';

/** A boot of a node. */
export interface Boot {
  readonly bootId: string;
  readonly kernel: string;
}

/** A node's machine: where documents run and what the kubelet reads. */
export interface Machine {
  /** `simulated`: the real scripts in a directory tree; `modelled`: recorded answers; `real`: systemd and containerd of its own. */
  readonly kind: 'simulated' | 'modelled' | 'real' | 'attached';
  /** One line for people, for instance `simulated (containerd 2.2.1, Ubuntu 24.04, in a directory tree)`. */
  readonly description: string;
  /** Runs a script as root would be: `sh -c <file>`, so that a shebang on the first line is honoured. */
  run(script: Script): Promise<Ended>;
  /** Handlers that the running containerd has loaded, or `undefined` where this containerd does not report them. */
  handlers(): Promise<readonly RuntimeHandler[] | undefined>;
  /** The boot that the node is in and its kernel, as the kubelet reads them; absent where the machine has none to tell. */
  boot?(): Promise<Boot>;
  /** Ends what runs there and deletes its files. */
  destroy(): Promise<void>;
}
