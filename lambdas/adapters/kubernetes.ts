import type { CoreV1Event, V1Node } from '@kubernetes/client-node';
// The package's entry loads every kubeconfig plugin and proxy; these four files make a third less code and start a third faster.
import { ApiException } from '@kubernetes/client-node/dist/gen/apis/exception.js';
import { createConfiguration } from '@kubernetes/client-node/dist/gen/configuration.js';
import { ServerConfiguration } from '@kubernetes/client-node/dist/gen/servers.js';
import { PromiseAppsV1Api, PromiseCoreV1Api } from '@kubernetes/client-node/dist/gen/types/PromiseAPI.js';
import { Agent } from 'undici';
import { claimText } from '../../domain/claim-text.ts';
import {
  type ClusterNode,
  type DaemonSet,
  eventSource,
  type NodePage,
  nodeEventNamespace,
  type PatchOperation,
  readinessCondition,
} from '../../domain/kubernetes.ts';
import type { ProofPod, ProofPodPlan } from '../../domain/proof-pod.ts';
import { listDaemonSets } from './kubernetes-daemon-sets.ts';
import { continuationOf, failureOf, Unreachable } from './kubernetes-errors.ts';
import { createProofPod, deleteProofPod, lastWarning, readProofPod } from './kubernetes-pods.ts';

/** Where a cluster is and with which token it is asked. */
export interface KubernetesOptions {
  /** `https://…`, as EKS gives it. */
  readonly endpoint: string;
  /** The cluster's certificate authority, PEM: no other is trusted. */
  readonly caPem: string;
  readonly token: string;
  /** After how many milliseconds a request counts as unanswered. */
  readonly requestTimeoutMs?: number;
}

/** What an Event about a Node says. */
export interface NodeEvent {
  readonly node: { readonly name: string; readonly uid: string };
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** The size of a page: what kubectl asks for. */
const pageSize = 500;
/** The most pages that are read, for more Nodes than Kubernetes supports in a cluster. */
const mostPages = 40;
/** The most Nodes of one instance that are looked for: two are too many already. */
const mostFound = 10;

/**
 * The Kubernetes API as far as Airlock uses it. Every method throws one of the classes in `kubernetes-errors.ts`.
 *
 * A connection lives for one call of the function: a connection that was kept while the function was frozen is dead when it thaws.
 */
export class Kubernetes {
  readonly #api: PromiseCoreV1Api;
  readonly #apps: PromiseAppsV1Api;
  readonly #agent: Agent;

  constructor({ endpoint, caPem, token, requestTimeoutMs = 8_000 }: KubernetesOptions) {
    const agent = new Agent({ connect: { ca: caPem, timeout: requestTimeoutMs } });
    this.#agent = agent;
    const configuration = createConfiguration({
      baseServer: new ServerConfiguration(endpoint, {}),
      authMethods: { BearerToken: `Bearer ${token}` },
      promiseMiddleware: [
        {
          pre: async (context) => {
            context.setDispatcher(agent);
            context.setSignal(AbortSignal.timeout(requestTimeoutMs));
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
      return toClusterNode(await this.#api.readNode(name));
    } catch (error) {
      if (error instanceof ApiException && error.code === 404) return undefined;
      throw failureOf(error);
    }
  }

  /** Looks through the Nodes with a label, in pages, for those that have this providerID; a list that has no end counts as no answer. */
  async findNodesByProviderId(providerId: string, labelSelector: string): Promise<readonly ClusterNode[]> {
    const found: ClusterNode[] = [];
    let next: string | undefined;
    for (let page = 0; page < mostPages; page++) {
      const { nodes, next: more }: NodePage = await this.listNodes(labelSelector, pageSize, next);
      found.push(...nodes.filter((node) => node.providerId === providerId));
      next = more;
      if (next === undefined || found.length > mostFound) return found;
    }
    throw new Unreachable(`the list of Nodes has more than ${mostPages} pages`, 0);
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
    await this.#api.patchNode(name, patch).catch(throwFailure);
  }

  /** The same for the status of a Node. */
  async patchNodeStatus(name: string, patch: readonly PatchOperation[]): Promise<void> {
    await this.#api.patchNodeStatus(name, patch).catch(throwFailure);
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
    await this.#api.createNamespacedEvent(nodeEventNamespace, event).catch(throwFailure);
  }

  /** Makes a proof pod; undefined where there is one of this name. */
  createPod(plan: ProofPodPlan): Promise<ProofPod | undefined> {
    return createProofPod(this.#api, plan);
  }

  /** Reads a proof pod by its name; undefined where there is none. */
  readPod(name: string): Promise<ProofPod | undefined> {
    return readProofPod(this.#api, name);
  }

  /** Asks for the deletion of a proof pod; one that is gone already is well. */
  deletePod(name: string): Promise<void> {
    return deleteProofPod(this.#api, name);
  }

  /** The last warning about a pod, as `reason: message`; undefined where there is none. */
  podWarning(uid: string): Promise<string | undefined> {
    return lastWarning(this.#api, uid);
  }

  /** The DaemonSets of every namespace. */
  listDaemonSets(): Promise<readonly DaemonSet[]> {
    return listDaemonSets(this.#apps);
  }

  /** Ends the connection. */
  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}

function throwFailure(error: unknown): never {
  throw failureOf(error);
}

function toClusterNode({ metadata, spec, status }: V1Node): ClusterNode {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const place = status?.conditions?.findIndex(({ type }) => type === readinessCondition) ?? -1;
  const published = status?.conditions?.[place];
  const handlers = status?.runtimeHandlers?.map(({ name, features }) => ({
    name: claimText(name ?? '', 100),
    userNamespaces: features?.userNamespaces ?? false,
  }));
  const { bootID = '', kernelVersion = '' } = status?.nodeInfo ?? {};
  return {
    name: metadata?.name ?? '',
    uid: metadata?.uid ?? '',
    resourceVersion: metadata?.resourceVersion ?? '',
    createdAt: metadata?.creationTimestamp?.getTime() ?? 0,
    providerId: claimText(spec?.providerID ?? '', 200),
    ...(metadata?.labels === undefined ? {} : { labels: metadata.labels }),
    ...(metadata?.annotations === undefined ? {} : { annotations: metadata.annotations }),
    ...(spec?.taints === undefined ? {} : { taints: spec.taints }),
    ...(ready === undefined
      ? {}
      : {
          ready: {
            status: ready.status,
            reason: claimText(ready.reason ?? '', 100),
            message: claimText(ready.message ?? '', 500),
          },
        }),
    ...(published === undefined
      ? {}
      : { published: { place, status: published.status, reason: claimText(published.reason ?? '', 100) } }),
    ...(bootID === '' ? {} : { boot: { kernel: claimText(kernelVersion, 100), id: claimText(bootID, 100) } }),
    ...(handlers === undefined ? {} : { handlers }),
  };
}
