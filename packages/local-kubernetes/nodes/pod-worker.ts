import type { Clock } from '../../local-aws/clock.ts';
import { ask, type Connection } from '../client.ts';
import type { NodeMachine } from '../node-machine.ts';
import type { StoredObject } from '../object.ts';
import { timestamp } from '../server/store.ts';

/** What a node needs to run pods. */
export interface PodWorkerOptions {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly nodeName: string;
  readonly machine: Pick<NodeMachine, 'handlers'>;
  /** Why a handler's sandbox does not start although the handler exists; undefined if it does. */
  readonly sandboxFails?: (handler: string) => string | undefined;
  /** From a pod's binding until it runs, in milliseconds. */
  readonly startMs?: number;
}

/** A kubelet's pause between two attempts to create a sandbox, in milliseconds. */
const pollAgainMs = 12_000;
/** How long a pod takes to run once the kubelet has received it, in milliseconds, by default. */
export const podStartMs = 1_600;
/** From a pod's deletion until its container has stopped, in milliseconds: a pause container ends at once. */
const stopMs = 100;

/**
 * The part of a kubelet that runs pods: it creates the sandbox with the handler of the pod's RuntimeClass, reports the
 * pod's status, writes an Event if it cannot create a sandbox, and removes the pod when it is deleted.
 */
export class PodWorker {
  readonly #options: PodWorkerOptions;
  readonly #pods = new Map<string, StoredObject>();
  #stopped = false;

  constructor(options: PodWorkerOptions) {
    this.#options = options;
  }

  /** Receives each pod bound to the node that is created, changed or gone. */
  notice(pod: StoredObject, gone: boolean): void {
    const { clock, startMs = podStartMs } = this.#options;
    const { uid, deletionTimestamp } = pod.metadata;
    const known = this.#pods.get(uid);
    if (gone) {
      this.#pods.delete(uid);
      return;
    }
    this.#pods.set(uid, pod);
    if (known === undefined) {
      clock.after(startMs, () => void this.#start(uid));
      const deadline = pod.spec?.activeDeadlineSeconds;
      if (deadline !== undefined) clock.after(deadline * 1_000, () => void this.#outlive(uid));
    }
    if (deletionTimestamp !== undefined && known?.metadata.deletionTimestamp === undefined) {
      clock.after(stopMs, () => void this.#remove(uid));
    }
  }

  /** The instance is gone: its pods stay as they are. */
  stop(): void {
    this.#stopped = true;
  }

  async #start(uid: string): Promise<void> {
    const pod = this.#alive(uid);
    if (pod === undefined) return;
    const { nodeName, clock } = this.#options;
    const node = await this.#ask<StoredObject>('GET', `/api/v1/nodes/${encodeURIComponent(nodeName)}`);
    const labels = node?.metadata.labels ?? {};
    const selector = Object.entries(pod.spec?.nodeSelector ?? {});
    if (selector.some(([key, value]) => labels[key] !== value)) {
      const message =
        "Pod was rejected: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector";
      await this.#report(pod, { phase: 'Failed', reason: 'NodeAffinity', message });
      return;
    }
    const failure = await this.#sandbox(pod);
    if (this.#alive(uid) === undefined) return;
    if (failure === undefined) {
      const startedAt = timestamp(clock.now());
      const containers = (pod.spec?.containers ?? []).map(({ name, image }) => ({
        name,
        image,
        ready: true,
        started: true,
        restartCount: 0,
        state: { running: { startedAt } },
      }));
      const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: startedAt }];
      await this.#report(pod, { phase: 'Running', startTime: startedAt, conditions, containerStatuses: containers });
      return;
    }
    await this.#complain(pod, failure);
    clock.after(pollAgainMs, () => void this.#start(uid));
  }

  /** The container runtime's message if it does not create a sandbox; undefined if it does. */
  async #sandbox({ spec }: StoredObject): Promise<string | undefined> {
    const { machine, clock, sandboxFails } = this.#options;
    const name = spec?.runtimeClassName;
    const found = name && (await this.#ask<StoredObject>('GET', `/apis/node.k8s.io/v1/runtimeclasses/${name}`));
    const handler = (found || undefined)?.handler ?? '';
    const release = clock.hold();
    const handlers = await machine.handlers().finally(release);
    const listed = handlers?.find((one) => one.name === handler);
    if (handlers !== undefined && listed === undefined && handler !== '') {
      return `failed to get sandbox runtime: no runtime for "${handler}" is configured`;
    }
    if (spec?.hostUsers === false && listed?.features.userNamespaces === false) {
      return `RuntimeClass handler "${handler}" does not support user namespaces`;
    }
    return sandboxFails?.(handler);
  }

  /** Reports the first failure; a real kubelet counts the following ones on the same Event. */
  async #complain({ metadata }: StoredObject, failure: string): Promise<void> {
    const { clock, nodeName } = this.#options;
    const { name, namespace = '', uid } = metadata;
    const at = timestamp(clock.now());
    await this.#ask('POST', `/api/v1/namespaces/${namespace}/events`, {
      metadata: { name: `${name}.${uid.slice(0, 8)}.${clock.now().toString(16)}` },
      involvedObject: { kind: 'Pod', namespace, name, uid, apiVersion: 'v1' },
      type: 'Warning',
      reason: 'FailedCreatePodSandBox',
      message: `Failed to create pod sandbox: rpc error: code = Unknown desc = ${failure}`,
      source: { component: 'kubelet', host: nodeName },
      firstTimestamp: at,
      lastTimestamp: at,
      count: 1,
    });
  }

  async #outlive(uid: string): Promise<void> {
    const pod = this.#alive(uid);
    if (pod === undefined) return;
    const message = 'Pod was active on the node longer than the specified deadline';
    await this.#report(pod, { phase: 'Failed', reason: 'DeadlineExceeded', message });
  }

  async #remove(uid: string): Promise<void> {
    const pod = this.#pods.get(uid);
    if (pod !== undefined && !this.#stopped) await this.#ask('DELETE', pathOf(pod), { gracePeriodSeconds: 0 });
  }

  #alive(uid: string): StoredObject | undefined {
    const pod = this.#pods.get(uid);
    const ended = ['Failed', 'Succeeded'].includes(pod?.status?.phase ?? '');
    return this.#stopped || ended || pod?.metadata.deletionTimestamp !== undefined ? undefined : pod;
  }

  async #report(pod: StoredObject, status: unknown): Promise<void> {
    await this.#ask('PATCH', `${pathOf(pod)}/status`, [{ op: 'add', path: '/status', value: status }]);
  }

  /** Makes one request. A kubelet without an answer tries again. Returns undefined if no object has that name. */
  async #ask<T>(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<T | undefined> {
    for (let attempt = 0; attempt < 1_000 && !this.#stopped; attempt++) {
      const answer = await ask(this.#options.connection, method, path, body).catch(() => undefined);
      if (answer !== undefined && answer.code < 500 && answer.code !== 429) {
        return answer.code < 300 ? (answer.body as T) : undefined;
      }
      await this.#options.clock.sleep(5_000);
    }
    return undefined;
  }
}

function pathOf({ metadata: { name, namespace = '' } }: StoredObject): string {
  return `/api/v1/namespaces/${namespace}/pods/${name}`;
}
