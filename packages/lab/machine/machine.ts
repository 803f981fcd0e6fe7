import type { AgentMachine } from '../../local-aws/agent.ts';
import type { NodeMachine } from '../../local-kubernetes/node-machine.ts';

/** The kernel of a node if nothing else is given: that of Ubuntu 24.04's image for EKS. */
export const usualKernel = '6.8.0-1069-aws';

/** A node's machine: documents run there, and the kubelet reads it. */
export interface Machine extends AgentMachine, NodeMachine {
  /** `simulated`: the real scripts in a directory tree; `modelled`: recorded answers; `real`: systemd and containerd of its own. */
  readonly kind: 'simulated' | 'modelled' | 'real' | 'attached';
  /** One line for people, for instance `simulated (containerd 2.2.1, Ubuntu 24.04, in a directory tree)`. */
  readonly description: string;
  /** Ends what runs there and deletes its files. */
  destroy(): Promise<void>;
}
