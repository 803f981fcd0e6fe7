import { poolLabel } from '../../domain/kubernetes.ts';
import { providerId } from '../../domain/node.ts';
import { runtimeTag } from '../../domain/tags.ts';
import type { Clock } from '../clock.ts';
import type { Controllers } from '../kubernetes/controllers.ts';
import { Kubelet } from '../kubernetes/kubelet.ts';
import type { KubernetesStandIn } from '../kubernetes/stand-in.ts';
import type { Machine } from '../machine/machine.ts';
import type { Ec2 } from '../services/ec2.ts';
import type { Ssm } from '../services/ssm.ts';

/** How a node is launched and how it comes up. */
export interface NodePlan {
  /** The cluster that it joins; undefined for a stranger. */
  readonly cluster: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  /** The value of the label airlock.dev/runtime in the pool's template. */
  readonly runtimeLabel: string;
  /** The taint that it is born with. */
  readonly gate: string;
  /** When its SSM agent comes online, in milliseconds after the launch; undefined where it never does. */
  readonly agentAfterMs: number | undefined;
  readonly agentVersion: string;
  /** When its kubelet registers the Node, in milliseconds after the launch; undefined where it never does. */
  readonly joinAfterMs: number | undefined;
  /** How long it is pending. */
  readonly pendingMs: number;
  /** From the registration of the Node until it is Ready. */
  readonly readyAfterMs: number;
  /** Why no pod with a RuntimeClass starts although the handler is listed; undefined where pods start. */
  readonly podsFail?: string | undefined;
}

/** What a Karpenter node of a cluster is launched with, where nothing goes wrong. */
export function karpenterNode(cluster: string, gate: string, change: Partial<NodePlan> = {}): NodePlan {
  return {
    cluster,
    gate,
    runtimeLabel: 'gvisor',
    agentAfterMs: 25_000,
    agentVersion: '3.3.3185.0',
    joinAfterMs: 40_000,
    pendingMs: 8_000,
    readyAfterMs: 10_000,
    ...change,
    tags: {
      [runtimeTag]: 'gvisor',
      'eks:eks-cluster-name': cluster,
      [`kubernetes.io/cluster/${cluster}`]: 'owned',
      'karpenter.sh/nodepool': 'sandboxed',
      ...change.tags,
    },
  };
}

/** What a launched node is wired to. */
export interface Wiring {
  readonly plan: NodePlan;
  readonly machine: Machine;
  readonly clock: Clock;
  readonly ec2: Ec2;
  readonly ssm: Ssm;
  readonly cluster: KubernetesStandIn | undefined;
  readonly controllers: Controllers | undefined;
}

/** One instance of a run with what comes up on it: the agent, the kubelet, and what an autoscaler does to its Node. */
export class LaunchedNode {
  readonly instanceId: string;
  readonly nodeName: string;
  /** Milliseconds since the epoch. */
  readonly launchedAt: number;
  readonly machine: Machine;
  /** Whether its tags and its cluster take it into the airlock. */
  readonly ours: boolean;
  #kubelet: Kubelet | undefined;

  constructor({ plan, machine, clock, ec2, ssm, cluster, controllers }: Wiring) {
    const { tags, pendingMs } = plan;
    this.instanceId = ec2.launch({ tags, pendingMs, architecture: 'x86_64', instanceType: 'm8i.large' });
    const { privateDnsName, availabilityZone, launchTime } = ec2.instance(this.instanceId);
    this.nodeName = privateDnsName;
    this.launchedAt = launchTime;
    this.machine = machine;
    this.ours = tags[runtimeTag] !== undefined && cluster !== undefined;
    const alive = () => ['pending', 'running'].includes(ec2.find(this.instanceId)?.state ?? '');
    if (plan.agentAfterMs !== undefined) {
      clock.after(plan.agentAfterMs, () => {
        if (alive()) ssm.registerAgent(this.instanceId, { agentVersion: plan.agentVersion, machine: this.watched });
      });
    }
    if (plan.joinAfterMs !== undefined && cluster !== undefined && controllers !== undefined) {
      const pool = tags['karpenter.sh/nodepool'];
      const gate = { key: plan.gate, effect: 'NoSchedule' };
      const unregistered = { key: 'karpenter.sh/unregistered', effect: 'NoExecute' };
      const kubelet = new Kubelet({
        api: cluster,
        clock,
        machine,
        readyAfterMs: plan.readyAfterMs,
        onReady: () => controllers.nodeReady(this.nodeName),
        sandboxFails: (handler) => (handler === '' ? undefined : plan.podsFail),
        node: {
          name: this.nodeName,
          providerId: providerId(availabilityZone, this.instanceId),
          labels: { [poolLabel]: plan.runtimeLabel },
          taints: pool === undefined ? [gate] : [gate, unregistered],
        },
      });
      this.#kubelet = kubelet;
      clock.after(plan.joinAfterMs, async () => {
        if (!alive()) return;
        await kubelet.join();
        if (pool !== undefined) await controllers.karpenterRegisters(this.nodeName, pool, [gate]);
      });
    }
  }

  /** The instance is gone, or the run is over. */
  stop(): void {
    this.#kubelet?.stop();
  }

  /** The machine, with a kubelet that looks at its handlers after each run. */
  get watched(): Machine {
    const { machine } = this;
    return {
      kind: machine.kind,
      description: machine.description,
      handlers: () => machine.handlers(),
      destroy: () => machine.destroy(),
      run: async (script) => {
        const ended = await machine.run(script);
        this.#kubelet?.machineChanged();
        return ended;
      },
    };
  }
}
