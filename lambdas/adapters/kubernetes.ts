import type { V1Node, V1Pod } from '@kubernetes/client-node';
import {
  type ClusterNode,
  type DaemonSet,
  eventSource,
  type NodePage,
  nodeEventNamespace,
  type PatchOperation,
} from '../../domain/kubernetes.ts';
import type { ProofPod, ProofPodPlan } from '../../domain/proof-pod.ts';
import { listDaemonSets } from './kubernetes-daemon-sets.ts';
import { continuationOf, NotFound } from './kubernetes-errors.ts';
import { toClusterNode } from './kubernetes-node.ts';
import { createProofPod, deleteProofPod, lastWarning, proofPodsPath, toProofPod } from './kubernetes-pods.ts';
import { type KubernetesOptions, KubernetesRequests, objectIn } from './kubernetes-requests.ts';
import { type Collection, type Listed, listAll, watch } from './kubernetes-watch.ts';
import { Turns } from './turns.ts';

/** Receives each change of a collection, in order: the object as it is now, or its last state if it is gone. */
export type Follower<T> = (item: T, gone: boolean) => void;

/** The content of an Event about a Node. */
export interface NodeEvent {
  readonly node: { readonly name: string; readonly uid: string };
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/**
 * The maximum number of parallel requests, not counting watches. The API server shares its capacity between its
 * clients.
 */
const mostAtOnce = 32;

/** A page of Nodes from the API. */
interface NodeListBody {
  readonly items?: readonly V1Node[];
  readonly metadata?: { readonly continue?: string };
}

const nodesPath = '/api/v1/nodes';
const proofPods: Collection = { path: proofPodsPath };
const nodesWith = (labelSelector: string): Collection => ({ path: nodesPath, labelSelector });
const pathOf = (name: string) => `${nodesPath}/${encodeURIComponent(name)}`;

/**
 * The part of the Kubernetes API that Airlock uses. Every method throws one of the classes in `kubernetes-errors.ts`.
 *
 * A connection lasts for one call of the function: one that is kept while the function is frozen is dead when it thaws.
 */
export class Kubernetes {
  readonly #requests: KubernetesRequests;
  readonly #turns = new Turns(mostAtOnce);

  constructor(options: KubernetesOptions) {
    this.#requests = new KubernetesRequests(options);
  }

  /** Reads a Node by its name; undefined if there is none. */
  async readNode(name: string): Promise<ClusterNode | undefined> {
    try {
      const node = await this.#turns.take(() => this.#requests.ask({ path: pathOf(name) }));
      return toClusterNode(node as V1Node);
    } catch (error) {
      if (error instanceof NotFound) return undefined;
      throw error;
    }
  }

  /** Lists every Node with a label. */
  listAllNodes(labelSelector: string): Promise<Listed<ClusterNode>> {
    return listAll(this.#requests, nodesWith(labelSelector), (item) => toClusterNode(item as V1Node));
  }

  /**
   * Watches the Nodes with a label from a version on. A Node that loses the label counts as gone.
   *
   * @returns the version to continue from if the API ended the watch. Throws Expired if the Nodes must be listed again.
   */
  watchNodes(labelSelector: string, from: string, on: Follower<ClusterNode>, signal: AbortSignal): Promise<string> {
    const follow = ({ object, gone }: { object: unknown; gone: boolean }) => on(toClusterNode(object as V1Node), gone);
    return watch(this.#requests, nodesWith(labelSelector), from, follow, signal);
  }

  /** Lists every pod in Airlock's namespace. */
  listPods(): Promise<Listed<ProofPod>> {
    return listAll(this.#requests, proofPods, (item) => toProofPod(item as V1Pod));
  }

  /** Watches the pods in Airlock's namespace, like {@link watchNodes}. */
  watchPods(from: string, on: Follower<ProofPod>, signal: AbortSignal): Promise<string> {
    const follow = ({ object, gone }: { object: unknown; gone: boolean }) => on(toProofPod(object as V1Pod), gone);
    return watch(this.#requests, proofPods, from, follow, signal);
  }

  /**
   * Reads one page of the Nodes with a label.
   *
   * @param from the `next` of the previous page. If it has expired, the API provides a new one for the remaining Nodes
   *   in their current state.
   */
  async listNodes(labelSelector: string, limit: number, from?: string): Promise<NodePage> {
    const list = (token: string | undefined) =>
      this.#requests.send({ path: nodesPath, query: { labelSelector, limit: String(limit), continue: token } });
    const answer = await list(from);
    const instead = continuationOf(answer);
    const page = objectIn(instead === undefined ? answer : await list(instead)) as NodeListBody;
    const next = page.metadata?.continue ?? '';
    return { nodes: (page.items ?? []).map(toClusterNode), ...(next === '' ? {} : { next }) };
  }

  /** Applies a JSON Patch to a Node: all of it, or nothing if one of its `test` operations fails. */
  patchNode(name: string, patch: readonly PatchOperation[]): Promise<void> {
    return this.#patch(pathOf(name), patch);
  }

  /** Applies a JSON Patch to the status of a Node. */
  patchNodeStatus(name: string, patch: readonly PatchOperation[]): Promise<void> {
    return this.#patch(`${pathOf(name)}/status`, patch);
  }

  /** Writes an Event about a Node. */
  async createEvent({ node, type, reason, message, at }: NodeEvent): Promise<void> {
    const time = new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
    const body = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { generateName: `${node.name}.` },
      involvedObject: { apiVersion: 'v1', kind: 'Node', name: node.name, uid: node.uid },
      type,
      reason,
      message,
      reportingComponent: eventSource.component,
      source: { component: eventSource.component },
      firstTimestamp: time,
      lastTimestamp: time,
      count: 1,
    };
    const path = `/api/v1/namespaces/${nodeEventNamespace}/events`;
    await this.#turns.take(() => this.#requests.ask({ method: 'POST', path, body }));
  }

  /** Creates a proof pod; undefined if the name exists. */
  createPod(plan: ProofPodPlan): Promise<ProofPod | undefined> {
    return this.#turns.take(() => createProofPod(this.#requests, plan));
  }

  /** Deletes a proof pod. Succeeds if it is already gone. */
  deletePod(name: string): Promise<void> {
    return this.#turns.take(() => deleteProofPod(this.#requests, name));
  }

  /** Reads the last warning about a pod, as `reason: message`; undefined if there is none. */
  podWarning(uid: string): Promise<string | undefined> {
    return this.#turns.take(() => lastWarning(this.#requests, uid));
  }

  /** Reads the DaemonSets of every namespace. */
  listDaemonSets(): Promise<readonly DaemonSet[]> {
    return this.#turns.take(() => listDaemonSets(this.#requests));
  }

  /** Ends the connection. */
  async close(): Promise<void> {
    await this.#requests.close();
  }

  async #patch(path: string, body: readonly PatchOperation[]): Promise<void> {
    const contentType = 'application/json-patch+json';
    await this.#turns.take(() => this.#requests.ask({ method: 'PATCH', path, body, contentType }));
  }
}
