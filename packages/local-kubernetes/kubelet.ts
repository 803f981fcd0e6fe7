import type { Clock } from '../local-aws/clock.ts';
import { type Answered, ask, type Connection, messageOf } from './client.ts';
import type { NodeMachine } from './node-machine.ts';
import { PodWorker } from './nodes/pod-worker.ts';

export { podStartMs } from './nodes/pod-worker.ts';

import type { NodeTaint, StoredObject } from './object.ts';
import { timestamp } from './server/store.ts';

/** The API that kubelets and autoscalers connect to. */
export interface Api {
  readonly endpoint: string;
  readonly caPem: string;
  tokenFor(user: string, groups: readonly string[]): string;
  /** Calls the listener for each pod bound to a node. Returns a function that stops it. */
  watchPods(nodeName: string, listener: (pod: StoredObject, gone: boolean) => void): () => void;
}

/** A kubelet's options. */
export interface KubeletOptions {
  readonly api: Api;
  readonly clock: Clock;
  readonly machine: NodeMachine;
  readonly node: {
    readonly name: string;
    readonly providerId: string;
    /** `--node-labels`. */
    readonly labels: Readonly<Record<string, string>>;
    /** `--register-with-taints`. */
    readonly taints: readonly NodeTaint[];
  };
  /** From the join until the network plugin is up and the node is Ready. */
  readonly readyAfterMs?: number;
  /** Called once the API shows the node as Ready, when the node lifecycle controller acts. */
  readonly onReady?: () => Promise<void>;
  /**
   * From a change of the handlers until the kubelet has reported it: it polls the runtime every 5 s and reports every
   * 10 s.
   */
  readonly handlersAfterMs?: number;
  /** Why a handler's sandbox does not start although the handler exists; undefined if it does. */
  readonly sandboxFails?: (handler: string) => string | undefined;
}

/** How long a kubelet waits before it repeats a failed request. */
const retryMs = 5_000;
/**
 * A real kubelet repeats forever. The model stops some time after every deadline, so that a virtual clock comes to
 * rest.
 */
const retries = 1_000;

/**
 * A kubelet as the API sees it: it registers its Node with its initial labels and taints, becomes Ready, reports the
 * handlers of the machine's container runtime some seconds after they change, and runs the pods bound to it. It sends
 * no heartbeats, because nothing here reads them.
 */
export class Kubelet {
  readonly name: string;
  readonly #options: KubeletOptions;
  readonly #connection: Connection;
  readonly #pods: PodWorker;
  #unwatch: (() => void) | undefined;
  #stopped = false;

  constructor(options: KubeletOptions) {
    const { api, clock, node } = options;
    this.#options = options;
    this.name = node.name;
    const token = api.tokenFor(`system:node:${node.name}`, ['system:nodes']);
    this.#connection = { endpoint: api.endpoint, caPem: api.caPem, token, clock };
    const { machine, sandboxFails } = options;
    this.#pods = new PodWorker({
      connection: this.#connection,
      clock,
      nodeName: node.name,
      machine,
      ...(sandboxFails === undefined ? {} : { sandboxFails }),
    });
  }

  /**
   * Registers the Node; the rest (Ready, handlers) happens on the clock.
   *
   * @returns once the API has the Node, including one that already existed
   */
  async join(): Promise<void> {
    const { clock, node, readyAfterMs = 10_000 } = this.#options;
    const body = {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name: node.name,
        annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' },
        labels: { 'kubernetes.io/hostname': node.name, 'kubernetes.io/os': 'linux', ...node.labels },
      },
      spec: { providerID: node.providerId, taints: node.taints },
      status: { conditions: [this.#condition(false)], ...(await this.#nodeInfo()) },
    };
    // An existing Node of this name stays as it is, except for its status.
    await this.#insist(() => ask(this.#connection, 'POST', '/api/v1/nodes', body), [201, 409]);
    this.#unwatch ??= this.#options.api.watchPods(node.name, (pod, gone) => this.#pods.notice(pod, gone));
    clock.after(readyAfterMs, () => void this.#becomeReady());
  }

  /** The container runtime was restarted: reads its handlers again and reports them. */
  machineChanged(): void {
    this.#options.clock.after(this.#options.handlersAfterMs ?? 8_000, () => void this.#report());
  }

  /** Reports the node as Ready or not, for tests in which it flaps. */
  async setReady(ready: boolean): Promise<void> {
    // Its own condition is the first, from the join on; others stay as they are.
    await this.#patchStatus([
      { op: 'test', path: '/status/conditions/0/type', value: 'Ready' },
      { op: 'replace', path: '/status/conditions/0', value: this.#condition(ready) },
    ]);
  }

  /** The instance is gone: stops reporting. */
  stop(): void {
    this.#stopped = true;
    this.#unwatch?.();
    this.#pods.stop();
  }

  async #becomeReady(): Promise<void> {
    await this.setReady(true);
    await this.#options.onReady?.();
    await this.#report();
  }

  async #report(): Promise<void> {
    const release = this.#options.clock.hold();
    const handlers = await this.#options.machine.handlers().finally(release);
    const said = { ...(await this.#nodeInfo()), ...(handlers === undefined ? {} : { runtimeHandlers: handlers }) };
    const patch = Object.entries(said).map(([field, value]) => ({ op: 'add', path: `/status/${field}`, value }));
    if (patch.length > 0) await this.#patchStatus(patch);
  }

  async #nodeInfo(): Promise<{ nodeInfo?: { bootID: string; kernelVersion: string } }> {
    const release = this.#options.clock.hold();
    const boot = await this.#options.machine.boot?.();
    release();
    return boot === undefined ? {} : { nodeInfo: { bootID: boot.bootId, kernelVersion: boot.kernel } };
  }

  #patchStatus(patch: readonly unknown[]): Promise<void> {
    return this.#insist(
      () => ask(this.#connection, 'PATCH', `/api/v1/nodes/${encodeURIComponent(this.name)}/status`, patch),
      [200, 404],
    );
  }

  #condition(ready: boolean): unknown {
    const at = timestamp(this.#options.clock.now());
    return {
      type: 'Ready',
      status: ready ? 'True' : 'False',
      reason: ready ? 'KubeletReady' : 'KubeletNotReady',
      message: ready
        ? 'kubelet is posting ready status'
        : 'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady',
      lastHeartbeatTime: at,
      lastTransitionTime: at,
    };
  }

  async #insist(request: () => Promise<Answered>, good: readonly number[]): Promise<void> {
    for (let attempt = 0; attempt < retries && !this.#stopped; attempt++) {
      const answer = await request().catch(() => undefined);
      if (answer !== undefined && good.includes(answer.code)) return;
      if (answer !== undefined && answer.code < 500 && answer.code !== 429) throw new Error(messageOf(answer));
      await this.#options.clock.sleep(retryMs);
    }
  }
}

/** Whether a Node is Ready. */
export function isReady(node: StoredObject): boolean {
  return node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}
