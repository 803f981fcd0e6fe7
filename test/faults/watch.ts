import { runtimeTag } from '../../domain/tags.ts';
import type { Simulation } from '../../packages/lab/simulation.ts';
import type { StoredObject } from '../../packages/local-kubernetes/object.ts';
import type { KubernetesStandIn } from '../../packages/local-kubernetes/stand-in.ts';

/** An instance in one launch, as EC2 has it. */
export interface Launch {
  readonly instanceId: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Whether its tags put it under Airlock's control. */
  readonly ours: boolean;
  runningAt: number | undefined;
  /** When it was stopped or shut down. */
  goneAt: number | undefined;
}

/** A gate that was removed from a Node, or restored. */
export interface GateChange {
  readonly nodeName: string;
  readonly instanceId: string;
  readonly at: number;
}

/** A pod with a RuntimeClass that ran on a node. */
export interface SandboxedPod {
  readonly nodeName: string;
  readonly at: number;
}

/** An end of a node that was published on the bus. */
export interface ToldEnd {
  /** The detail-type of the event. */
  readonly type: string;
  readonly instanceId: string;
  /** ISO 8601, as the node's record has it. */
  readonly launchedAt: string;
  readonly outcome: string;
  /** When it was published, by the clock of the simulation: the functions' clocks may be wrong. */
  readonly endedAt: number;
  /** The whole published event. */
  readonly text: string;
}

/**
 * What an outsider sees during a run: in EC2, in the Kubernetes API, on the bus. The invariants look here and into the
 * journal of calls, and never into Airlock's own records.
 */
export class Watch {
  readonly launches: Launch[] = [];
  readonly lifts: GateChange[] = [];
  readonly returns: GateChange[] = [];
  readonly pods: SandboxedPod[] = [];
  readonly ends: ToldEnd[] = [];
  /** The ids of all events that the product published. */
  readonly told = new Set<string>();
  readonly #gated = new Set<string>();
  readonly #seen = new Set<string>();

  constructor(world: Simulation, cluster: KubernetesStandIn, gate: string) {
    const { clock } = world;
    world.services.ec2.watch(({ id, state, launchTime, tags }) => {
      const ours = tags[runtimeTag] !== undefined;
      let launch = this.launchOf(id);
      if (state === 'pending' || launch === undefined) {
        launch = { instanceId: id, at: launchTime, ours, runningAt: undefined, goneAt: undefined };
        this.launches.push(launch);
      }
      if (state === 'running') launch.runningAt ??= clock.now();
      if (state !== 'running' && state !== 'pending') launch.goneAt ??= clock.now();
    });
    cluster.watchNodes((node) => this.#nodeChanged(node, gate, clock.now()));
    world.services.events.watch(({ id, source, 'detail-type': type, detail }) => {
      if (source === 'airlock') this.told.add(id);
      if (source === 'airlock' && 'outcome' in detail && 'endedAt' in detail)
        this.ends.push(endIn(type, detail, clock.now()));
    });
  }

  /** The latest launch of an instance. */
  launchOf(instanceId: string): Launch | undefined {
    return this.launches.findLast((launch) => launch.instanceId === instanceId);
  }

  /** Records a pod that is bound to a node. */
  podChanged(pod: StoredObject, now: number): void {
    const { uid } = pod.metadata;
    if (pod.status?.phase !== 'Running' || pod.spec?.runtimeClassName === undefined || this.#seen.has(uid)) return;
    this.#seen.add(uid);
    this.pods.push({ nodeName: pod.spec.nodeName ?? '', at: now });
  }

  #nodeChanged({ metadata, spec }: StoredObject, gate: string, now: number): void {
    const closed = spec?.taints?.some(({ key }) => key === gate) ?? false;
    const change = () => {
      const instanceId = spec?.providerID?.split('/').at(-1) ?? '';
      return { nodeName: metadata.name, instanceId, at: now };
    };
    if (closed && !this.#gated.has(metadata.uid)) {
      this.#gated.add(metadata.uid);
      this.returns.push(change());
    } else if (!closed && this.#gated.delete(metadata.uid)) this.lifts.push(change());
  }
}

function endIn(type: string, detail: Readonly<Record<string, unknown>>, endedAt: number): ToldEnd {
  const text = (name: string) => String(detail[name]);
  return {
    type,
    instanceId: text('instanceId'),
    launchedAt: text('launchedAt'),
    outcome: text('outcome'),
    endedAt,
    text: JSON.stringify(detail),
  };
}
