import { readFileSync } from 'node:fs';
import type { NodeCall } from '../../../domain/messages.ts';
import type { OutcomeCode } from '../../../domain/outcomes.ts';
import type { Installation, Receipt } from '../../../domain/receipt.ts';
import { eksToken } from '../../../lambdas/adapters/eks-token.ts';
import { Kubernetes } from '../../../lambdas/adapters/kubernetes.ts';
import { close } from '../../../lambdas/cluster/close.ts';
import type { Ports } from '../../../lambdas/cluster/ports.ts';
import { quarantine } from '../../../lambdas/cluster/quarantine.ts';
import { release } from '../../../lambdas/cluster/release.ts';
import { VirtualClock } from '../../../local/clock.ts';
import { Controllers } from '../../../local/kubernetes/controllers.ts';
import { isReady, Kubelet } from '../../../local/kubernetes/kubelet.ts';
import type { NodeTaint, StoredObject } from '../../../local/kubernetes/object.ts';
import type { RuntimeHandler } from '../../../local/machine/machine.ts';
import {
  type ClusterChoices,
  clusterName,
  credentials,
  region,
  type StandInCluster,
  startCluster,
  startStandIn,
  type TestCluster,
} from '../../local/kubernetes/cluster.ts';

const features = { recursiveReadOnlyMounts: true, userNamespaces: true };
export const runc: RuntimeHandler = { name: 'runc', features };
export const runsc: RuntimeHandler = { name: 'runsc', features };
export const gate: NodeTaint = { key: 'airlock.dev/bootstrap', value: 'true', effect: 'NoSchedule' };

/** An installation of gVisor as `settle` hands it over. */
export const installation: Installation = JSON.parse(
  readFileSync(new URL('./fixtures/installation.json', import.meta.url), 'utf8'),
);

/** One call that is under way, and how it ended once the clock has run. */
export type Settled =
  | { readonly receipt: Receipt; readonly error?: undefined }
  | { readonly receipt?: undefined; readonly error: Error };

type Answered<T> =
  | { readonly answer: T; readonly error?: undefined }
  | { readonly answer?: undefined; readonly error: Error };

/** In what a kubelet differs from the one of the launch. */
export interface KubeletChoices {
  /** That of the pool: `gvisor` unless told. */
  readonly runtime?: string;
  readonly name?: string;
  readonly providerId?: string;
  readonly taints?: readonly NodeTaint[];
  readonly readyAfterMs?: number;
}

/** One node's world: a cluster over TLS, a kubelet, and the function's core with its clock. */
export class World<C extends TestCluster = TestCluster> {
  readonly cluster: C;
  readonly controllers: Controllers;
  launchedAt: number;
  readonly ends: Receipt[] = [];
  readonly warnings: string[] = [];
  requestTimeoutMs = 5_000;
  /** Most tests are about what stands around the proof pod; those about the pod ask for it. */
  proof: Ports['proof'] = 'host';
  gateKey = gate.key;
  /** Why no sandbox starts; undefined where it does. */
  sandboxFailure: string | undefined;
  handlers: readonly RuntimeHandler[] | undefined = [runc, runsc];
  /** The boot that the machine is in: that of the installation. */
  boot = { bootId: installation.host.bootId, kernel: installation.host.kernel };
  readonly node: { instanceId: string; nodeName: string; providerId: string };

  private constructor(cluster: C, id: number) {
    this.cluster = cluster;
    this.controllers = new Controllers(cluster.api, cluster.clock);
    this.launchedAt = cluster.clock.now();
    const instanceId = `i-${id.toString(16).padStart(17, '0')}`;
    this.node = { instanceId, nodeName: `ip-10-0-0-${id}`, providerId: `aws:///eu-central-1a/${instanceId}` };
  }

  /** On whichever API server the tests run with. */
  static async start(choices: ClusterChoices = {}): Promise<World> {
    const world = new World(await startCluster(choices), 1);
    world.gateKey = choices.gate ?? gate.key;
    return world;
  }

  /** On the stand-in with its virtual clock, for what takes longer than a test may. */
  static async onStandIn(choices: ClusterChoices = {}): Promise<World<StandInCluster>> {
    const world = new World(await startStandIn(choices), 1);
    world.gateKey = choices.gate ?? gate.key;
    return world;
  }

  /** A kubelet that has not joined yet. */
  kubelet(options: KubeletChoices = {}): Kubelet {
    const name = options.name ?? this.node.nodeName;
    return new Kubelet({
      api: this.cluster.api,
      clock: this.cluster.clock,
      machine: { handlers: async () => this.handlers, boot: async () => ({ ...this.boot }) },
      sandboxFails: () => this.sandboxFailure,
      node: {
        name,
        providerId: options.providerId ?? this.node.providerId,
        labels: { 'airlock.dev/runtime': options.runtime ?? 'gvisor' },
        taints: options.taints ?? [{ ...gate, key: this.gateKey }],
      },
      readyAfterMs: options.readyAfterMs ?? this.#readyAfterMs,
      onReady: () => this.controllers.nodeReady(name),
    });
  }

  /** Joins the node and lets the clock run until it is Ready. */
  async join(options: KubeletChoices = {}): Promise<Kubelet> {
    const kubelet = this.kubelet(options);
    await kubelet.join();
    await this.pass(this.#readyAfterMs);
    await this.controllers.nodeReady(kubelet.name);
    // On a real clock the kubelet's own reports take the time that they take.
    while (this.cluster.clock.kind === 'real' && !(await this.#reported(kubelet.name))) await this.pass(100);
    return kubelet;
  }

  async #reported(name: string): Promise<boolean> {
    const node = await this.cluster.api.node(name);
    return (
      node !== undefined && isReady(node) && (this.handlers === undefined || node.status?.runtimeHandlers !== undefined)
    );
  }

  /** From the join until the node is Ready, in milliseconds. */
  get #readyAfterMs(): number {
    return this.cluster.clock.kind === 'virtual' ? 10_000 : 100;
  }

  pass(ms: number): Promise<void> {
    return this.cluster.pass(ms);
  }

  release(changes: Partial<Installation> = {}, minutes = 15): Promise<Settled> {
    return this.#run({ action: 'release', node: this.launch(minutes), installation: { ...installation, ...changes } });
  }

  quarantine(
    outcome: OutcomeCode = 'proof-failed',
    detail = 'not in gVisor',
    minutes = 15,
    breakerOpen = false,
  ): Promise<Settled> {
    return this.#run({ action: 'quarantine', node: this.launch(minutes), failure: { outcome, detail }, breakerOpen });
  }

  async close(minutes = 15): Promise<{ readonly closed?: readonly string[]; readonly error?: Error }> {
    const { answer, error } = await this.#ask((ports) => close({ action: 'close', node: this.launch(minutes) }, ports));
    return answer ?? { error };
  }

  async read(): Promise<StoredObject> {
    const node = await this.cluster.api.node(this.node.nodeName);
    if (node === undefined) throw new Error('the node is not there');
    return node;
  }

  async taints(): Promise<readonly string[]> {
    return ((await this.read()).spec?.taints ?? []).map(({ key, effect }) => `${key}:${effect}`);
  }

  async receipt(): Promise<Receipt | undefined> {
    const text = (await this.read()).metadata.annotations?.['airlock.dev/receipt'];
    return text === undefined ? undefined : JSON.parse(text);
  }

  count(name: string): number {
    return this.cluster.api.counts.get(`kubernetes:${name}`) ?? 0;
  }

  stop(): Promise<void> {
    return this.cluster.stop();
  }

  launch(minutes = 15) {
    return {
      ...this.node,
      launchedAt: new Date(this.launchedAt).toISOString(),
      cluster: clusterName,
      pool: 'sandboxes',
      deadline: new Date(this.launchedAt + minutes * 60_000).toISOString(),
    };
  }

  async #run(call: Exclude<NodeCall, { action: 'close' }>): Promise<Settled> {
    const { answer, error } = await this.#ask((ports) =>
      call.action === 'release' ? release(call, ports) : quarantine(call, ports),
    );
    return answer === undefined ? { error } : { receipt: answer };
  }

  async #ask<T>(call: (ports: Ports) => Promise<T>): Promise<Answered<T>> {
    const { clock, api } = this.cluster;
    const kubernetes = new Kubernetes({
      endpoint: api.endpoint,
      caPem: api.caPem,
      requestTimeoutMs: this.requestTimeoutMs,
      token: await eksToken({ cluster: clusterName, region, credentials, now: clock.now() }),
    });
    const held = <A extends unknown[], R>(method: (...input: A) => Promise<R>) => {
      return async (...input: A): Promise<R> => {
        const release = clock.hold();
        return await method(...input).finally(release);
      };
    };
    const ports: Ports = {
      api: {
        readNode: held((name) => kubernetes.readNode(name)),
        findNodesByProviderId: held((id, selector) => kubernetes.findNodesByProviderId(id, selector)),
        listNodes: held((selector, limit, from) => kubernetes.listNodes(selector, limit, from)),
        patchNode: held((name, patch) => kubernetes.patchNode(name, patch)),
        patchNodeStatus: held((name, patch) => kubernetes.patchNodeStatus(name, patch)),
        createEvent: held((event) => kubernetes.createEvent(event)),
        createPod: held((plan) => kubernetes.createPod(plan)),
        readPod: held((name) => kubernetes.readPod(name)),
        deletePod: held((name) => kubernetes.deletePod(name)),
        podWarning: held((uid) => kubernetes.podWarning(uid)),
        listDaemonSets: held(() => kubernetes.listDaemonSets()),
      },
      time: { now: () => clock.now(), sleep: (ms) => clock.sleep(ms), random: () => 0.5 },
      gateKey: this.gateKey,
      proof: this.proof,
      ended: (receipt) => void this.ends.push(receipt),
      warn: (message) => void this.warnings.push(message),
    };
    let settled: Answered<T> | undefined;
    const work = call(ports);
    work.then(
      (answer) => {
        settled = { answer };
      },
      (error: Error) => {
        settled = { error };
      },
    );
    if (clock instanceof VirtualClock) await clock.run(() => settled !== undefined);
    else await Promise.allSettled([work]);
    await kubernetes.close();
    if (settled === undefined) throw new Error('the call neither ended nor waits for anything');
    return settled;
  }
}
