import type { CoreV1Event, V1Node, V1Pod } from '@kubernetes/client-node';
// The package's entry loads every kubeconfig plugin and proxy; these four files make a third less code and start a third faster.
import { ApiException } from '@kubernetes/client-node/dist/gen/apis/exception.js';
import { createConfiguration } from '@kubernetes/client-node/dist/gen/configuration.js';
import { ServerConfiguration } from '@kubernetes/client-node/dist/gen/servers.js';
import { PromiseAppsV1Api, PromiseCoreV1Api } from '@kubernetes/client-node/dist/gen/types/PromiseAPI.js';
import { Agent } from 'undici';
import {
  airlockNamespace,
  type ClusterNode,
  type DaemonSet,
  eventSource,
  type NodePage,
  nodeEventNamespace,
  type PatchOperation,
} from '../../domain/kubernetes.ts';
import type { ProofPod, ProofPodPlan } from '../../domain/proof-pod.ts';
import { listDaemonSets } from './kubernetes-daemon-sets.ts';
import { continuationOf, failureOf } from './kubernetes-errors.ts';
import { toClusterNode } from './kubernetes-node.ts';
import { createProofPod, deleteProofPod, lastWarning, toProofPod } from './kubernetes-pods.ts';
import { type Collection, type Listed, listAll, type Way, watch } from './kubernetes-watch.ts';
import { Turns } from './turns.ts';

/** Where a cluster is and with which token it is asked. */
export interface KubernetesOptions {
  /** `https://…`, as EKS gives it. */
  readonly endpoint: string;
  /** The cluster's certificate authority, PEM: no other is trusted. */
  readonly caPem: string;
  readonly token: string;
  /** After how many milliseconds a request counts as unanswered. */
  readonly requestTimeoutMs?: number;
  /** Ends every request that is under way, and each later one, when the time of the whole call is up. */
  readonly signal?: AbortSignal;
}

/** Told of each change of a collection, in order: what the object is now, or was last where it is gone. */
export type Follower<T> = (item: T, gone: boolean) => void;

/** What an Event about a Node says. */
export interface NodeEvent {
  readonly node: { readonly name: string; readonly uid: string };
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** How many requests are under way at a time, beside the watches: the API server shares its own capacity between its clients. */
const mostAtOnce = 32;

const proofPods: Collection = { path: `/api/v1/namespaces/${airlockNamespace}/pods` };
const nodesWith = (labelSelector: string): Collection => ({ path: '/api/v1/nodes', labelSelector });

/**
 * The Kubernetes API as far as Airlock uses it. Every method throws one of the classes in `kubernetes-errors.ts`.
 *
 * A connection lives for one call of the function: a connection that was kept while the function was frozen is dead when it thaws.
 */
export class Kubernetes {
  readonly #api: PromiseCoreV1Api;
  readonly #apps: PromiseAppsV1Api;
  readonly #agent: Agent;
  readonly #way: Way;
  readonly #turns = new Turns(mostAtOnce);

  constructor({ endpoint, caPem, token, requestTimeoutMs = 8_000, signal }: KubernetesOptions) {
    const agent = new Agent({ connect: { ca: caPem, timeout: requestTimeoutMs } });
    this.#agent = agent;
    const inTime = () => {
      const timeout = AbortSignal.timeout(requestTimeoutMs);
      return signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
    };
    this.#way = { endpoint, token, dispatcher: agent, inTime };
    const configuration = createConfiguration({
      baseServer: new ServerConfiguration(endpoint, {}),
      authMethods: { BearerToken: `Bearer ${token}` },
      promiseMiddleware: [
        {
          pre: async (context) => {
            context.setDispatcher(agent);
            context.setSignal(inTime());
            return context;
          },
          post: async (context) => context,
        },
      ],
    });
    this.#api = new PromiseCoreV1Api(configuration);
    this.#apps = new PromiseAppsV1Api(configuration);
  }

  /** Reads a Node by its name; undefined where there is none. */
  async readNode(name: string): Promise<ClusterNode | undefined> {
    try {
      return toClusterNode(await this.#turns.take(() => this.#api.readNode(name)));
    } catch (error) {
      if (error instanceof ApiException && error.code === 404) return undefined;
      throw failureOf(error);
    }
  }

  /** Every Node with a label, as they are now. */
  listAllNodes(labelSelector: string): Promise<Listed<ClusterNode>> {
    return listAll(this.#way, nodesWith(labelSelector), (item) => toClusterNode(item as V1Node));
  }

  /**
   * Watches the Nodes with a label from a version on; one that loses the label is gone.
   *
   * @returns the version from which on the watch goes on, where the API ended it; throws Expired where the Nodes have to be listed again
   */
  watchNodes(labelSelector: string, from: string, on: Follower<ClusterNode>, signal: AbortSignal): Promise<string> {
    const follow = ({ object, gone }: { object: unknown; gone: boolean }) => on(toClusterNode(object as V1Node), gone);
    return watch(this.#way, nodesWith(labelSelector), from, follow, signal);
  }

  /** Every pod in our namespace, as they are now. */
  listPods(): Promise<Listed<ProofPod>> {
    return listAll(this.#way, proofPods, (item) => toProofPod(item as V1Pod));
  }

  /** Watches the pods in our namespace, as {@link watchNodes} does Nodes. */
  watchPods(from: string, on: Follower<ProofPod>, signal: AbortSignal): Promise<string> {
    const follow = ({ object, gone }: { object: unknown; gone: boolean }) => on(toProofPod(object as V1Pod), gone);
    return watch(this.#way, proofPods, from, follow, signal);
  }

  /**
   * Reads one page of the Nodes with a label.
   *
   * @param from what the page before gave as `next`. Where it is too old, the API gives another for the Nodes that follow as they are now.
   */
  async listNodes(labelSelector: string, limit: number, from?: string): Promise<NodePage> {
    const list = (token: string | undefined) =>
      this.#api.listNode(undefined, undefined, token, undefined, labelSelector, limit);
    const { items, metadata } = await list(from)
      .catch((error: unknown) => {
        const instead = continuationOf(error);
        if (instead === undefined) throw error;
        return list(instead);
      })
      .catch(throwFailure);
    const next = metadata?._continue ?? '';
    return { nodes: items.map(toClusterNode), ...(next === '' ? {} : { next }) };
  }

  /** Applies a JSON Patch to a Node: all of it, or nothing where one of its `test` operations fails. */
  async patchNode(name: string, patch: readonly PatchOperation[]): Promise<void> {
    await this.#turns.take(() => this.#api.patchNode(name, patch)).catch(throwFailure);
  }

  /** The same for the status of a Node. */
  async patchNodeStatus(name: string, patch: readonly PatchOperation[]): Promise<void> {
    await this.#turns.take(() => this.#api.patchNodeStatus(name, patch)).catch(throwFailure);
  }

  /** Writes an Event about a Node. */
  async createEvent({ node, type, reason, message, at }: NodeEvent): Promise<void> {
    const time = new Date(at);
    const event: CoreV1Event = {
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
    await this.#turns.take(() => this.#api.createNamespacedEvent(nodeEventNamespace, event)).catch(throwFailure);
  }

  /** Makes a proof pod; undefined where there is one of this name. */
  createPod(plan: ProofPodPlan): Promise<ProofPod | undefined> {
    return this.#turns.take(() => createProofPod(this.#api, plan));
  }

  /** Asks for the deletion of a proof pod; one that is gone already is well. */
  deletePod(name: string): Promise<void> {
    return this.#turns.take(() => deleteProofPod(this.#api, name));
  }

  /** The last warning about a pod, as `reason: message`; undefined where there is none. */
  podWarning(uid: string): Promise<string | undefined> {
    return this.#turns.take(() => lastWarning(this.#api, uid));
  }

  /** The DaemonSets of every namespace. */
  listDaemonSets(): Promise<readonly DaemonSet[]> {
    return this.#turns.take(() => listDaemonSets(this.#apps));
  }

  /** Ends the connection. */
  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}

function throwFailure(error: unknown): never {
  throw failureOf(error);
}
