/** A runtime handler as the node's CRI reports it to the kubelet. */
export interface RuntimeHandler {
  readonly name: string;
  readonly features: { readonly recursiveReadOnlyMounts: boolean; readonly userNamespaces: boolean };
}

/** One boot of a node. */
export interface Boot {
  readonly bootId: string;
  readonly kernel: string;
}

/** What a kubelet reads from its machine. */
export interface NodeMachine {
  /** Handlers that the running container runtime has loaded; `undefined` if it does not report them. */
  handlers(): Promise<readonly RuntimeHandler[] | undefined>;
  /** The node's current boot and kernel; absent if the machine does not report them. */
  boot?(): Promise<Boot>;
}
