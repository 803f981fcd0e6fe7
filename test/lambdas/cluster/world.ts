import { readFileSync } from 'node:fs';
import type { NodeCall } from '../../../domain/messages.ts';
import type { OutcomeCode } from '../../../domain/outcomes.ts';
import type { Installation, Receipt } from '../../../domain/receipt.ts';
import { eksToken } from '../../../lambdas/adapters/eks-token.ts';
import { Kubernetes } from '../../../lambdas/adapters/kubernetes.ts';
import type { Ports } from '../../../lambdas/cluster/ports.ts';
import { quarantine } from '../../../lambdas/cluster/quarantine.ts';
import { release } from '../../../lambdas/cluster/release.ts';
import { Controllers } from '../../../local/kubernetes/controllers.ts';
import { Kubelet } from '../../../local/kubernetes/kubelet.ts';
import type { NodeTaint, StoredObject } from '../../../local/kubernetes/object.ts';
import type { RuntimeHandler } from '../../../local/machine/machine.ts';
import { clusterName, credentials, region, startCluster, type TestCluster } from '../../local/kubernetes/cluster.ts';

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

/** In what a kubelet differs from the one of the launch. */
export interface KubeletChoices {
  readonly name?: string;
  readonly providerId?: string;
  readonly taints?: readonly NodeTaint[];
  readonly readyAfterMs?: number;
}

/** One node's world: a cluster over TLS, a kubelet, and the function's core with its clock. */
export class World {
  readonly cluster: TestCluster;
  readonly controllers: Controllers;
  readonly launchedAt: number;
  readonly ends: Receipt[] = [];
  readonly warnings: string[] = [];
  requestTimeoutMs = 5_000;
  /** Most tests are about what stands around the proof pod; those about the pod ask for it. */
  proof: Ports['proof'] = 'host';
  gateKey = gate.key;
  /** Why no sandbox starts; undefined where it does. */
  sandboxFailure: string | undefined;
  handlers: readonly RuntimeHandler[] | undefined = [runc, runsc];
  readonly node: { instanceId: string; nodeName: string; providerId: string };

  private constructor(cluster: TestCluster, id: number) {
    this.cluster = cluster;
    this.controllers = new Controllers(cluster.api, cluster.clock);
    this.launchedAt = cluster.clock.now();
    const instanceId = `i-${id.toString(16).padStart(17, '0')}`;
    this.node = { instanceId, nodeName: `ip-10-0-0-${id}`, providerId: `aws:///eu-central-1a/${instanceId}` };
  }

  static async start(options: Parameters<typeof startCluster>[0] = {}): Promise<World> {
    const world = new World(await startCluster(options), 1);
    world.gateKey = options.gate ?? gate.key;
    return world;
  }

  /** A kubelet that has not joined yet. */
  kubelet(options: KubeletChoices = {}): Kubelet {
    const name = options.name ?? this.node.nodeName;
    return new Kubelet({
      api: this.cluster.api,
      clock: this.cluster.clock,
      machine: { handlers: async () => this.handlers },
      sandboxFails: () => this.sandboxFailure,
      node: {
        name,
        providerId: options.providerId ?? this.node.providerId,
        labels: { 'airlock.dev/runtime': 'gvisor' },
        taints: options.taints ?? [{ ...gate, key: this.gateKey }],
      },
      ...(options.readyAfterMs === undefined ? {} : { readyAfterMs: options.readyAfterMs }),
      onReady: () => this.controllers.nodeReady(name),
    });
  }

  /** Joins the node and lets the clock run until it is Ready. */
  async join(options: KubeletChoices = {}): Promise<Kubelet> {
    const kubelet = this.kubelet(options);
    await kubelet.join();
    await this.pass(10_000);
    await this.controllers.nodeReady(kubelet.name);
    return kubelet;
  }

  async pass(ms: number): Promise<void> {
    await this.cluster.clock.run(() => false, this.cluster.clock.now() + ms);
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

  read(): StoredObject {
    const node = this.cluster.api.node(this.node.nodeName);
    if (node === undefined) throw new Error('the node is not there');
    return node;
  }

  taints(): readonly string[] {
    return (this.read().spec?.taints ?? []).map(({ key, effect }) => `${key}:${effect}`);
  }

  receipt(): Receipt | undefined {
    const text = this.read().metadata.annotations?.['airlock.dev/receipt'];
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

  async #run(call: NodeCall): Promise<Settled> {
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
        findNodeByProviderId: held((id, selector) => kubernetes.findNodeByProviderId(id, selector)),
        patchNode: held((name, patch) => kubernetes.patchNode(name, patch)),
        patchNodeStatus: held((name, patch) => kubernetes.patchNodeStatus(name, patch)),
        createEvent: held((event) => kubernetes.createEvent(event)),
        createPod: held((plan) => kubernetes.createPod(plan)),
        readPod: held((name) => kubernetes.readPod(name)),
        deletePod: held((name) => kubernetes.deletePod(name)),
        podWarning: held((uid) => kubernetes.podWarning(uid)),
      },
      time: { now: () => clock.now(), sleep: (ms) => clock.sleep(ms), random: () => 0.5 },
      gateKey: this.gateKey,
      proof: this.proof,
      ended: (receipt) => void this.ends.push(receipt),
      warn: (message) => void this.warnings.push(message),
    };
    let settled: Settled | undefined;
    const work = call.action === 'release' ? release(call, ports) : quarantine(call, ports);
    work.then(
      (receipt) => {
        settled = { receipt };
      },
      (error: Error) => {
        settled = { error };
      },
    );
    await clock.run(() => settled !== undefined);
    await kubernetes.close();
    if (settled === undefined) throw new Error('the call neither ended nor waits for anything');
    return settled;
  }
}
