import { channel } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import type { Answer, Closing, NodeCall } from '../../../domain/messages.ts';
import type { OutcomeCode } from '../../../domain/outcomes.ts';
import type { Installation, Receipt } from '../../../domain/receipt.ts';
import { eksToken } from '../../../lambdas/adapters/eks-token.ts';
import { Kubernetes } from '../../../lambdas/adapters/kubernetes.ts';
import { performBatch } from '../../../lambdas/cluster/batch.ts';
import { waitSeconds } from '../../../lambdas/cluster/messages.ts';
import type { Ports } from '../../../lambdas/cluster/ports.ts';
import { ClusterView } from '../../../lambdas/cluster/view.ts';
import { type Clock, VirtualClock } from '../../../packages/local-aws/clock.ts';
import { holdRequests } from '../../../packages/local-aws/lambda.ts';
import { Controllers } from '../../../packages/local-kubernetes/controllers.ts';
import { isReady, Kubelet } from '../../../packages/local-kubernetes/kubelet.ts';
import type { RuntimeHandler } from '../../../packages/local-kubernetes/node-machine.ts';
import type { NodeTaint, StoredObject } from '../../../packages/local-kubernetes/object.ts';
import {
  type ClusterChoices,
  clusterName,
  credentials,
  region,
  type StandInCluster,
  startCluster,
  startStandIn,
  type TestCluster,
} from '../../kubernetes/cluster.ts';

const features = { recursiveReadOnlyMounts: true, userNamespaces: true };
export const runc: RuntimeHandler = { name: 'runc', features };
export const runsc: RuntimeHandler = { name: 'runsc', features };
export const gate: NodeTaint = { key: 'airlock.dev/bootstrap', value: 'true', effect: 'NoSchedule' };

/** An installation of gVisor as `results` passes it on. */
export const installation: Installation = JSON.parse(
  readFileSync(new URL('./fixtures/installation.json', import.meta.url), 'utf8'),
);

/** One call in progress, and its result once the clock has run. */
export type Settled =
  | { readonly receipt: Receipt; readonly error?: undefined }
  | { readonly receipt?: undefined; readonly error: Error };

type Answered<T> =
  | { readonly answer: T; readonly error?: undefined }
  | { readonly answer?: undefined; readonly error: Error };

/** How a kubelet differs from the launch's own. */
export interface KubeletChoices {
  /** The pool's runtime; `gvisor` by default. */
  readonly runtime?: string;
  readonly name?: string;
  readonly providerId?: string;
  readonly taints?: readonly NodeTaint[];
  readonly readyAfterMs?: number;
}

/** For how long a call waits for what is likely to happen, in milliseconds, as the function does. */
const callMs = 10_000;

/**
 * Makes this process's requests hold a clock, as a function's requests do.
 *
 * @returns a function that ends this
 */
export function holding(clock: Clock): () => void {
  const ends = new Set<() => void>();
  const onDeath = (end: () => void) => {
    ends.add(end);
    return () => void ends.delete(end);
  };
  holdRequests({ hold: () => clock.hold(), onDeath }, channel);
  return () => {
    for (const end of [...ends]) end();
  };
}

/** One node's simulation: a cluster over TLS, a kubelet, and the function's core with its clock. */
export class World<C extends TestCluster = TestCluster> {
  readonly cluster: C;
  readonly controllers: Controllers;
  launchedAt: number;
  /** When the release was requested, in milliseconds since the epoch; now by default. */
  askedAt: number | undefined;
  readonly ends: Receipt[] = [];
  readonly warnings: string[] = [];
  requestTimeoutMs = 5_000;
  /** Most tests are not about the proof pod; those that are ask for it. */
  proof: Ports['proof'] = 'host';
  gateKey = gate.key;
  /** Why no sandbox starts; undefined if it does. */
  sandboxFailure: string | undefined;
  handlers: readonly RuntimeHandler[] | undefined = [runc, runsc];
  /** The machine's current boot: that of the installation. */
  boot = { bootId: installation.host.bootId, kernel: installation.host.kernel };
  readonly node: { instanceId: string; nodeName: string; providerId: string };
  readonly #letGo: () => void;
  /** How long the last answer asks the caller to wait, in milliseconds. */
  #afterMs = 0;

  private constructor(cluster: C, id: number) {
    this.cluster = cluster;
    this.#letGo = holding(cluster.clock);
    this.controllers = new Controllers(cluster.api, cluster.clock);
    this.launchedAt = cluster.clock.now();
    const instanceId = `i-${id.toString(16).padStart(17, '0')}`;
    this.node = { instanceId, nodeName: `ip-10-0-0-${id}`, providerId: `aws:///eu-central-1a/${instanceId}` };
  }

  /** On the API server that the tests run with. */
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
    // On a real clock the kubelet's reports take real time.
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
    return this.#run({
      action: 'release',
      launch: this.launch(minutes),
      installation: { ...installation, ...changes },
    });
  }

  /** Calls as the queue does, until the node has its end. */
  async releaseByQueue(
    changes: Partial<Installation> = {},
    minutes = 15,
  ): Promise<Settled & { readonly calls: number }> {
    const asked = {
      call: { action: 'release', launch: this.launch(minutes), installation: { ...installation, ...changes } } as const,
      askedAt: this.cluster.clock.now(),
    };
    this.askedAt = asked.askedAt;
    for (let calls = 1; ; calls++) {
      const settled = await this.#run(asked.call);
      if (settled.error?.name !== 'RetryLater') return { ...settled, calls };
      await this.pass(waitSeconds(asked, this.#afterMs, this.cluster.clock.now()) * 1_000);
    }
  }

  quarantine(
    outcome: OutcomeCode = 'proof-failed',
    detail = 'not in gVisor',
    minutes = 15,
    breakerOpen = false,
  ): Promise<Settled> {
    return this.#run({ action: 'quarantine', launch: this.launch(minutes), failure: { outcome, detail }, breakerOpen });
  }

  async close(minutes = 15): Promise<{ readonly closed?: readonly string[]; readonly error?: Error }> {
    const { answer, error } = await this.#ask({ action: 'close', launch: this.launch(minutes) });
    return answer === undefined ? { error } : (answer as Closing);
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
    this.#letGo();
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
    const { answer, error } = await this.#ask(call);
    return answer === undefined ? { error } : { receipt: answer as Receipt };
  }

  /** One call of the function, only for this node. */
  async #ask(call: NodeCall): Promise<Answered<Receipt | Closing>> {
    const { clock, api: cluster } = this.cluster;
    const api = new Kubernetes({
      endpoint: cluster.endpoint,
      caPem: cluster.caPem,
      requestTimeoutMs: this.requestTimeoutMs,
      token: await eksToken({ cluster: clusterName, region, credentials, now: clock.now() }),
    });
    const time = { now: () => clock.now(), sleep: (ms: number) => clock.sleep(ms), random: () => 0.5 };
    const view = new ClusterView(api, time);
    const ports: Ports = {
      api,
      view,
      time,
      endsAt: clock.now() + callMs,
      gateKey: this.gateKey,
      proof: this.proof,
      released: () => {},
      warn: (message) => void this.warnings.push(message),
    };
    let settled: Answer | undefined;
    const work = performBatch([{ call, askedAt: this.askedAt ?? clock.now() }], ports, async (_, answer) => {
      settled = answer;
      if (answer.kind === 'done' && 'outcome' in answer.output) this.ends.push(answer.output);
    });
    if (clock instanceof VirtualClock) await clock.run(() => settled !== undefined);
    await work;
    view.close();
    await api.close();
    if (settled === undefined) throw new Error('the call has no answer');
    this.#afterMs = settled.kind === 'wait' ? settled.afterMs : 0;
    return answered(settled);
  }
}

function answered(answer: Answer): Answered<Receipt | Closing> {
  if (answer.kind === 'done') return { answer: answer.output };
  const [name, message] =
    answer.kind === 'wait' ? ['RetryLater', answer.detail] : [answer.failure.outcome, answer.failure.detail];
  return { error: Object.assign(new Error(message), { name }) };
}
