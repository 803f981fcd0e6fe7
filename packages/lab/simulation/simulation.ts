import { eventProblem } from '../../../domain/event-schema.ts';
import { source } from '../../../domain/events.ts';
import { readTrailLine, type TrailEvent } from '../../../domain/trail.ts';
import type { Faults } from '../../local-aws/aws.ts';
import { type Clock, VirtualClock } from '../../local-aws/clock.ts';
import { type Internet, LocalCloud } from '../../local-aws/cloud.ts';
import type { Core } from '../../local-aws/core.ts';
import { AttachedCluster } from '../../local-kubernetes/attached-cluster.ts';
import { clusterCertificate } from '../../local-kubernetes/certificate.ts';
import { Controllers } from '../../local-kubernetes/controllers.ts';
import { KubernetesStandIn } from '../../local-kubernetes/stand-in.ts';
import type { Machine } from '../machine/machine.ts';
import { LaunchedNode, type NodePlan } from './node.ts';
import { type ClusterSettings, type KnownCluster, type Services, servicesPart } from './services.ts';
import { type AuditEvent, hasReceipt, instanceOf, receiptIn, type Stage, stagesOf } from './timeline.ts';

/** How long an API server takes to apply a new admission policy to requests, in milliseconds. */
const propagationDelayMs = 1_500;

/** The options of a simulation. */
export interface SimulationOptions {
  /** The cloud assembly's folder. */
  readonly assembly: string;
  readonly clock: Clock;
  /** The clusters in EKS. */
  readonly clusters: readonly string[];
  /** The clusters' settings in EKS, by name, if they differ from the defaults. */
  readonly clusterSettings?: Readonly<Record<string, ClusterSettings>>;
  /** Running clusters that EKS also describes, by name, with their kubeconfig. */
  readonly attached?: ReadonlyMap<string, string>;
  /** What an administrator applies to each cluster before the deployment; nothing by default. */
  readonly manifests?: readonly unknown[];
  /** Creates a node's machine. */
  readonly machine: () => Promise<Machine>;
  /** Faults that apply from the start of the deployment. */
  readonly faults?: Faults;
  /** SendCommand calls that are accepted per second. */
  readonly sendPerSecond?: number;
  /** What functions reach besides AWS; nothing by default. */
  readonly internet?: Internet;
}

/** How one node of a run ended, as an observer sees it. */
export interface NodeReport {
  readonly instanceId: string;
  readonly nodeName: string;
  readonly runtime: string;
  readonly version: string;
  readonly outcome: string;
  readonly detail: string;
  readonly stages: readonly Stage[];
  /** State transitions of its executions, retries included. */
  readonly transitions: number;
}

/**
 * An account with Airlock deployed, its clusters and an autoscaler: everything that a run needs around the synthesized
 * template. What happens to a node is read only from the audit trail.
 */
export class Simulation {
  readonly cloud: LocalCloud;
  readonly services: Services;
  readonly clusters: ReadonlyMap<string, KubernetesStandIn>;
  readonly attached: ReadonlyMap<string, AttachedCluster>;
  readonly nodes: LaunchedNode[] = [];
  /** Called with each node that is launched. */
  readonly onLaunch: ((node: LaunchedNode) => void)[] = [];
  readonly #options: Omit<SimulationOptions, 'assembly'>;
  readonly #audit: AuditEvent[] = [];
  readonly #lines: TrailEvent[] = [];
  #trail = { group: '', read: 0 };
  readonly #timelines = new Map<string, readonly AuditEvent[]>();

  private constructor(
    options: Omit<SimulationOptions, 'assembly'>,
    cloud: LocalCloud,
    services: Services,
    clusters: ReadonlyMap<string, KubernetesStandIn>,
    attached: ReadonlyMap<string, AttachedCluster>,
  ) {
    this.#options = options;
    this.attached = attached;
    this.cloud = cloud;
    this.services = services;
    this.clusters = clusters;
  }

  /** Starts the clusters and deploys the assembly. @throws what the deployment throws */
  static async start({ assembly, ...options }: SimulationOptions): Promise<Simulation> {
    const world = await Simulation.open(options);
    try {
      await world.cloud.deploy(assembly);
    } catch (error) {
      await world.#end();
      throw error;
    }
    return world;
  }

  /** Starts the clusters, in an account without deployments. */
  static async open(options: Omit<SimulationOptions, 'assembly'>): Promise<Simulation> {
    const { clock, manifests = [] } = options;
    // The first tokens are requested during the deployment.
    let iam: Core['iam'] | undefined;
    const secretOf = (accessKeyId: string) => {
      const principal = iam?.principalOf(accessKeyId);
      const credentials = iam?.credentialsOf(accessKeyId);
      if (principal?.kind !== 'role' || credentials === undefined) return undefined;
      return { ...credentials, roleArn: principal.roleArn, sessionName: principal.sessionName };
    };
    const clusters = new Map<string, KubernetesStandIn>();
    for (const clusterName of options.clusters) {
      const certificate = await clusterCertificate(clusterName);
      clusters.set(
        clusterName,
        await KubernetesStandIn.start({
          clock,
          clusterName,
          accessEntries: [],
          secretOf,
          manifests,
          propagationDelayMs,
          certificate,
        }),
      );
    }
    const attached = new Map<string, AttachedCluster>();
    const all = () => new Map<string, KnownCluster>([...clusters, ...attached]);
    try {
      for (const [clusterName, kubeconfig] of options.attached ?? []) {
        attached.set(clusterName, await AttachedCluster.start({ kubeconfig, clock, clusterName, secretOf }));
      }
    } catch (error) {
      for (const cluster of all().values()) await cluster.stop();
      throw error;
    }
    const made = servicesPart(all(), options.sendPerSecond, options.clusterSettings);
    const learn = (core: Core) => {
      iam = core.iam;
      return {};
    };
    const cloud = await LocalCloud.open({
      clock,
      parts: [made.part, learn],
      ...(options.faults === undefined ? {} : { faults: options.faults }),
      ...(options.internet === undefined ? {} : { internet: options.internet }),
    });
    return new Simulation(options, cloud, made.services(), clusters, attached);
  }

  get clock(): Clock {
    return this.#options.clock;
  }

  /** Launches a node like an autoscaler: the instance, and at their times its agent and its kubelet. */
  async launch(plan: NodePlan): Promise<LaunchedNode> {
    const release = this.clock.hold();
    const machine = await this.#options.machine().finally(release);
    const cluster = plan.cluster === undefined ? undefined : this.clusters.get(plan.cluster);
    const controllers = cluster && new Controllers(cluster, this.clock);
    const { ec2, ssm } = this.services;
    const node = new LaunchedNode({ plan, machine, clock: this.clock, ec2, ssm, cluster, controllers });
    this.nodes.push(node);
    for (const hook of this.onLaunch) hook(node);
    return node;
  }

  /**
   * Takes an attached cluster's node as a newly launched instance, with an agent that runs documents on the given
   * machine.
   */
  adopt(plan: NodePlan, machine: Machine): LaunchedNode {
    const { ec2, ssm } = this.services;
    const wiring = { plan, machine, clock: this.clock, ec2, ssm, cluster: undefined, controllers: undefined };
    const node = new LaunchedNode({ ...wiring, attached: true });
    this.nodes.push(node);
    return node;
  }

  /** Airlock's events in the audit trail, in the order of arrival. @throws Error if one is not as its schema has it */
  audit(): readonly AuditEvent[] {
    // A recreated stack has its own trail.
    const group = this.cloud.outputs['AuditTrail'] ?? this.#trail.group;
    if (group !== this.#trail.group) this.#trail = { group, read: 0 };
    const written = this.cloud.logs.events(group).slice(this.#trail.read);
    this.#trail.read += written.length;
    for (const { message } of written) {
      const line = readTrailLine(message);
      // A principal with a right on the group may write anything there.
      if (line === undefined) continue;
      this.#lines.push(line);
      if (line.source !== source) continue;
      const event = JSON.parse(message) as AuditEvent;
      const problem = eventProblem(event['detail-type'], event.detail);
      if (problem !== undefined) throw new Error(`an event is not as its schema has it: ${problem}`);
      this.#audit.push(event);
      const id = instanceOf(event);
      this.#timelines.set(id, [...(this.#timelines.get(id) ?? []), event]);
    }
    return this.#audit;
  }

  /** Every line of the audit trail, AWS's own events included, in the order of arrival. */
  trail(): readonly TrailEvent[] {
    this.audit();
    return this.#lines;
  }

  /** The node's own part of the audit trail. */
  timelineOf(node: LaunchedNode): readonly AuditEvent[] {
    this.audit();
    return this.#timelines.get(node.instanceId) ?? [];
  }

  /** Whether every execution has ended and every managed node has one. */
  ended(): boolean {
    if (this.services.states.running > 0) return false;
    return this.nodes.every((node) => !node.ours || hasReceipt(this.timelineOf(node)));
  }

  /**
   * Lets time pass until every node's run has ended.
   *
   * @param patienceMs how long to wait, on the simulation's clock
   * @returns whether every run has ended
   */
  async settle(patienceMs: number): Promise<boolean> {
    const { clock } = this;
    const until = clock.now() + patienceMs;
    if (clock instanceof VirtualClock) return clock.run(() => this.ended(), until);
    while (!this.ended() && clock.now() < until) await clock.sleep(100);
    return this.ended();
  }

  /** How a node ended, or how far it has come. */
  report(node: LaunchedNode): NodeReport {
    const timeline = this.timelineOf(node);
    const receipt = receiptIn(timeline);
    const admitted = timeline.find((event) => event['detail-type'] === 'Node Admitted');
    const request = admitted?.['detail-type'] === 'Node Admitted' ? admitted.detail.request : undefined;
    const executions = this.services.states.executions().filter(({ name }) => name.startsWith(node.instanceId));
    return {
      instanceId: node.instanceId,
      nodeName: node.nodeName,
      runtime: request?.runtime ?? '',
      version: receipt?.installation?.version ?? request?.version ?? '',
      outcome: receipt?.outcome ?? '',
      detail: receipt?.detail ?? '',
      stages: stagesOf(node.launchedAt, timeline),
      transitions: executions.reduce((sum, { transitions }) => sum + transitions, 0),
    };
  }

  /** The number of AWS and Kubernetes calls, by name. */
  calls(): Record<string, number> {
    const counts = new Map(this.cloud.calls);
    for (const cluster of [...this.clusters.values(), ...this.attached.values()]) {
      for (const [name, times] of cluster.counts) counts.set(name, (counts.get(name) ?? 0) + times);
    }
    return Object.fromEntries([...counts].toSorted(([a], [b]) => a.localeCompare(b)));
  }

  /** Ends everything that runs and deletes the machines. */
  async stop(): Promise<void> {
    for (const node of this.nodes) node.stop();
    await this.#end();
    await Promise.all(this.nodes.map(({ machine }) => machine.destroy()));
    this.clock.stop();
  }

  async #end(): Promise<void> {
    await this.cloud.stop();
    for (const cluster of [...this.clusters.values(), ...this.attached.values()]) await cluster.stop();
  }
}
