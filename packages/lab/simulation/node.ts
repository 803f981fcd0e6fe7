import { poolLabel } from '../../../domain/kubernetes.ts';
import { providerId } from '../../../domain/launch.ts';
import { exampleRuntime } from '../../../domain/runtimes.ts';
import { runtimeTag } from '../../../domain/tags.ts';
import type { Clock } from '../../local-aws/clock.ts';
import type { Ec2, Ssm } from '../../local-aws/services.ts';
import type { Controllers } from '../../local-kubernetes/controllers.ts';
import { Kubelet } from '../../local-kubernetes/kubelet.ts';
import type { KubernetesStandIn } from '../../local-kubernetes/stand-in.ts';
import type { Machine } from '../machine/machine.ts';

/** How a node is launched and comes up. */
export interface NodePlan {
  /** The cluster that it joins; undefined for an unmanaged instance. */
  readonly cluster: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  /** The name of its instance profile; absent if it has none. */
  readonly instanceProfile?: string | undefined;
  /** The value of the label airlock.dev/runtime in the pool's template. */
  readonly runtimeLabel: string;
  /** The taint that it starts with. */
  readonly gate: string;
  /** When its SSM agent comes online, in milliseconds after the launch; undefined if it never does. */
  readonly agentAfterMs: number | undefined;
  readonly agentVersion: string;
  /** When its kubelet registers the Node, in milliseconds after the launch; undefined if it never does. */
  readonly joinAfterMs: number | undefined;
  /** How long the instance is pending, in milliseconds. */
  readonly pendingMs: number;
  /** How long after the launch EC2 does not yet show the instance, in milliseconds. */
  readonly unseenMs?: number | undefined;
  /** From the registration of the Node until it is Ready. */
  readonly readyAfterMs: number;
  /** The name under which its kubelet registers; by default the private DNS name. */
  readonly nodeName?: string | undefined;
  /** The instance, if it is known before the launch. */
  readonly instance?: {
    readonly id: string;
    readonly availabilityZone: string;
    readonly architecture: 'arm64' | 'x86_64';
  };
  /** Why no pod with a RuntimeClass starts although the node reports the handler; undefined if pods start. */
  readonly podsFail?: string | undefined;
}

/** A change of a plan. Tags are added to the existing ones; those in `without` are left out. */
export type NodeChange = Partial<NodePlan> & { readonly without?: readonly string[] };

/** The plan of a cluster's Karpenter node if nothing goes wrong. */
export function karpenterNode(cluster: string, gate: string, { without = [], ...change }: NodeChange = {}): NodePlan {
  const tags = {
    [runtimeTag]: exampleRuntime,
    'eks:eks-cluster-name': cluster,
    [`kubernetes.io/cluster/${cluster}`]: 'owned',
    'karpenter.sh/nodepool': 'sandboxed',
    ...change.tags,
  };
  return {
    cluster,
    gate,
    instanceProfile: `${cluster}-nodes`,
    runtimeLabel: exampleRuntime,
    agentAfterMs: 25_000,
    agentVersion: '3.3.3185.0',
    joinAfterMs: 40_000,
    pendingMs: 8_000,
    readyAfterMs: 10_000,
    ...change,
    tags: Object.fromEntries(Object.entries(tags).filter(([key]) => !without.includes(key))),
  };
}

/** What a launched node is connected to. */
export interface Wiring {
  readonly plan: NodePlan;
  readonly machine: Machine;
  readonly clock: Clock;
  readonly ec2: Ec2;
  readonly ssm: Ssm;
  readonly cluster: KubernetesStandIn | undefined;
  readonly controllers: Controllers | undefined;
  /** Whether it belongs to a running cluster, which it joined long ago. */
  readonly attached?: boolean;
}

/** How often it looks whether its instance is gone, in milliseconds. */
const lookEveryMs = 500;

/** One instance in a run and what comes up on it: the agent, the kubelet, and what an autoscaler does to its Node. */
export class LaunchedNode {
  readonly instanceId: string;
  readonly nodeName: string;
  /** Milliseconds since the epoch. */
  readonly launchedAt: number;
  readonly machine: Machine;
  /** How it was launched and comes up. */
  readonly plan: NodePlan;
  /** Whether its tags and its cluster make it a managed launch. */
  readonly ours: boolean;
  readonly #wiring: Wiring;
  #kubelet: Kubelet | undefined;

  constructor(wiring: Wiring) {
    const { plan, machine, ec2, cluster } = wiring;
    const { tags, pendingMs } = plan;
    this.#wiring = wiring;
    this.instanceId = ec2.launch({
      tags,
      pendingMs,
      ...(plan.instanceProfile === undefined ? {} : { instanceProfile: plan.instanceProfile }),
      ...(plan.unseenMs === undefined ? {} : { unseenMs: plan.unseenMs }),
      architecture: 'x86_64',
      instanceType: 'm8i.large',
      ...plan.instance,
      ...(wiring.attached && plan.nodeName !== undefined ? { privateDnsName: plan.nodeName } : {}),
    });
    const { privateDnsName, launchTime } = ec2.instance(this.instanceId);
    this.nodeName = plan.nodeName ?? privateDnsName;
    this.launchedAt = launchTime;
    this.machine = machine;
    this.plan = plan;
    this.ours = tags[runtimeTag] !== undefined && (cluster !== undefined || wiring.attached === true);
    this.comeUp();
  }

  /** Boots the machine: its agent and kubelet start at their times, after the launch and after each stop and start. */
  comeUp(): void {
    const { plan, clock, ec2, ssm, controllers } = this.#wiring;
    const { launchTime } = ec2.instance(this.instanceId);
    const alive = () => {
      const found = ec2.find(this.instanceId);
      return found?.launchTime === launchTime && ['pending', 'running'].includes(found.state);
    };
    if (plan.agentAfterMs !== undefined) {
      clock.after(plan.agentAfterMs, () => {
        if (alive()) ssm.registerAgent(this.instanceId, { agentVersion: plan.agentVersion, machine: this.watched });
      });
    }
    const kubelet = this.#newKubelet();
    if (plan.joinAfterMs === undefined || kubelet === undefined || controllers === undefined) return;
    this.#kubelet?.stop();
    this.#kubelet = kubelet;
    const pool = plan.tags['karpenter.sh/nodepool'];
    clock.after(plan.joinAfterMs, async () => {
      if (!alive()) return;
      await kubelet.join();
      if (pool !== undefined) await controllers.karpenterRegisters(this.nodeName, pool, [gateOf(plan)]);
    });
  }

  #newKubelet(): Kubelet | undefined {
    const { plan, machine, clock, ec2, cluster, controllers } = this.#wiring;
    if (cluster === undefined || controllers === undefined) return undefined;
    const unregistered = { key: 'karpenter.sh/unregistered', effect: 'NoExecute' };
    return new Kubelet({
      api: cluster,
      clock,
      machine,
      readyAfterMs: plan.readyAfterMs,
      onReady: () => controllers.nodeReady(this.nodeName),
      sandboxFails: (handler) => (handler === '' ? undefined : plan.podsFail),
      node: {
        name: this.nodeName,
        providerId: providerId(ec2.instance(this.instanceId).availabilityZone, this.instanceId),
        labels: { [poolLabel]: plan.runtimeLabel },
        taints: plan.tags['karpenter.sh/nodepool'] === undefined ? [gateOf(plan)] : [gateOf(plan), unregistered],
      },
    });
  }

  /** Terminates the instance, waits until it is gone, and removes its Node, as the cloud node controller does. */
  async terminate(): Promise<void> {
    const { clock, ec2, controllers } = this.#wiring;
    ec2.terminate(this.instanceId);
    while (ec2.find(this.instanceId)?.state === 'shutting-down') await clock.sleep(lookEveryMs);
    this.stop();
    await controllers?.instanceGone(this.nodeName);
  }

  /** Stops everything: the instance is gone, or the run is over. */
  stop(): void {
    this.#kubelet?.stop();
  }

  /** Reports that the machine changed or booted again: its kubelet reports what it finds. */
  machineChanged(): void {
    this.#kubelet?.machineChanged();
  }

  /** The machine, with a kubelet that checks its handlers after each script. */
  get watched(): Machine {
    const { machine } = this;
    return {
      kind: machine.kind,
      description: machine.description,
      handlers: () => machine.handlers(),
      ...(machine.boot === undefined ? {} : { boot: machine.boot.bind(machine) }),
      destroy: () => machine.destroy(),
      run: async (script) => {
        const ended = await machine.run(script);
        this.#kubelet?.machineChanged();
        return ended;
      },
    };
  }
}

function gateOf({ gate }: NodePlan): { key: string; effect: string } {
  return { key: gate, effect: 'NoSchedule' };
}
