import type { Clock } from '../local-aws/clock.ts';
import { type Answered, ask, type Connection, messageOf } from './client.ts';
import type { Api } from './kubelet.ts';
import type { NodeTaint, StoredObject } from './object.ts';

const notReady = 'node.kubernetes.io/not-ready';
const unregistered = 'karpenter.sh/unregistered';
const registered = 'karpenter.sh/registered';
/**
 * A real controller repeats forever. The model stops some time after every deadline, so that a virtual clock comes to
 * rest.
 */
const attempts = 1_000;
const pauseMs = 5_000;

/**
 * The controllers that write to Nodes in a real cluster: the node lifecycle controller and Karpenter's registration.
 */
export class Controllers {
  readonly #connection: Connection;

  constructor(api: Api, clock: Clock) {
    const token = api.tokenFor('system:kube-controller-manager', ['system:masters']);
    this.#connection = { endpoint: api.endpoint, caPem: api.caPem, token, clock };
  }

  /** The node is Ready: removes the not-ready taint that it was created with. */
  async nodeReady(name: string): Promise<void> {
    await this.change(name, (node) => removeTaints(node, (taint) => taint.key === notReady));
  }

  /**
   * Karpenter registers a node: it removes its own taint, sets its labels, and restores missing startup taints
   * (kubernetes-sigs/karpenter#1772). It does so once: it does not touch a registered node again.
   */
  async karpenterRegisters(name: string, nodePool: string, startupTaints: readonly NodeTaint[]): Promise<void> {
    await this.change(name, (node) => {
      if (node.metadata.labels?.[registered] === 'true') return undefined;
      const kept = (node.spec?.taints ?? []).filter((taint) => taint.key !== unregistered);
      const missing = startupTaints.filter(
        (taint) => !kept.some(({ key, effect }) => key === taint.key && effect === taint.effect),
      );
      return [
        { op: 'add', path: '/metadata/labels', value: { ...node.metadata.labels, ...karpenterLabels(nodePool) } },
        { op: 'add', path: '/spec/taints', value: [...kept, ...missing] },
      ];
    });
  }

  /** The cloud node controller removes the Node of a terminated instance, and the pod garbage collector its pods. */
  async instanceGone(name: string): Promise<void> {
    await ask(this.#connection, 'DELETE', `/api/v1/nodes/${encodeURIComponent(name)}`);
    const { body } = await ask(this.#connection, 'GET', `/api/v1/pods?fieldSelector=spec.nodeName=${name}`);
    for (const { metadata } of (body as { items?: readonly StoredObject[] }).items ?? []) {
      const path = `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`;
      await ask(this.#connection, 'DELETE', path, { gracePeriodSeconds: 0 });
    }
  }

  /**
   * Changes a Node like a controller: it reads, writes, and repeats if another writer was faster. Without operations it
   * does not write.
   */
  async change(name: string, operations: (node: StoredObject) => readonly unknown[] | undefined): Promise<void> {
    const path = `/api/v1/nodes/${encodeURIComponent(name)}`;
    for (let attempt = 0; attempt < attempts; attempt++) {
      const read = await this.#ask('GET', path);
      if (read?.code === 404) return;
      if (read === undefined) continue;
      const node = read.body as StoredObject;
      const wanted = operations(node);
      if (wanted === undefined) return;
      const guard = { op: 'replace', path: '/metadata/resourceVersion', value: node.metadata.resourceVersion };
      const written = await this.#ask('PATCH', path, [guard, ...wanted]);
      if (written !== undefined && written.code !== 409) return;
    }
    throw new Error(`node ${name} could not be changed in ${attempts} attempts`);
  }

  /**
   * Makes one request. Returns undefined, some seconds later, if the API did not answer. Throws if the API refused it.
   */
  async #ask(method: 'GET' | 'PATCH', path: string, body?: unknown): Promise<Answered | undefined> {
    const answer = await ask(this.#connection, method, path, body).catch(() => undefined);
    if (answer === undefined || answer.code === 429 || answer.code >= 500) {
      await this.#connection.clock.sleep(pauseMs);
      return undefined;
    }
    if (![200, 404, 409].includes(answer.code)) throw new Error(messageOf(answer));
    return answer;
  }
}

function removeTaints(node: StoredObject, gone: (taint: NodeTaint) => boolean): readonly unknown[] {
  return [{ op: 'add', path: '/spec/taints', value: (node.spec?.taints ?? []).filter((taint) => !gone(taint)) }];
}

function karpenterLabels(nodePool: string): Readonly<Record<string, string>> {
  return { 'karpenter.sh/nodepool': nodePool, [registered]: 'true' };
}
