import type { AgentMachine } from '../../local-aws/agent.ts';
import type { NodeMachine } from '../../local-kubernetes/node-machine.ts';

/** A node's default kernel: that of Ubuntu 24.04's EKS image. */
export const usualKernel = '6.8.0-1069-aws';

/** A node's machine: documents run on it, and the kubelet reads it. */
export interface Machine extends AgentMachine, NodeMachine {
  /**
   * `simulated`: the real scripts in a directory tree; `modelled`: recorded answers; `real`: its own systemd and
   * containerd; `attached`: a node of a running cluster.
   */
  readonly kind: 'simulated' | 'modelled' | 'real' | 'attached';
  /** One line for people, for instance `simulated (containerd 2.2.1, Ubuntu 24.04, in a directory tree)`. */
  readonly description: string;
  /** Ends everything that runs on it and deletes its files. */
  destroy(): Promise<void>;
}
