import type { V1Node, V1Pod, V1RuntimeClass } from '@kubernetes/client-node';
import type { ClusterNode, PatchOperation } from '../domain/kubernetes.ts';
import { toClusterNode } from '../lambdas/adapters/kubernetes-node.ts';
import { KubernetesReader } from './kubernetes-reader.ts';

const nodesPath = '/api/v1/nodes';

/** A pod that runs on a node. */
export interface RunningPod {
  /** `<namespace>/<name>`. */
  readonly name: string;
  readonly runtimeClass: string | undefined;
}

/** Changes Nodes of a cluster with the user's own kubeconfig, and never with Airlock's identity. */
export class KubernetesOperator extends KubernetesReader {
  /**
   * Finds the Nodes of an instance: the ones with its providerID.
   *
   * @param names the names that the Node may have, asked for first
   * @throws CouldNotLook if the API server does not answer, or refuses
   */
  async nodesOf(providerId: string, names: readonly string[]): Promise<readonly ClusterNode[]> {
    for (const name of names) {
      const path = `${nodesPath}/${encodeURIComponent(name)}`;
      const answer = await this.ask(path);
      if (answer.code !== 200 && answer.code !== 404) throw this.refusalOf(`a read of ${path}`, answer);
      const node = answer.code === 200 ? toClusterNode(JSON.parse(answer.body) as V1Node) : undefined;
      if (node?.providerId === providerId) return [node];
    }
    const all = (await this.list(nodesPath)) ?? [];
    return all.map((node) => toClusterNode(node as V1Node)).filter((node) => node.providerId === providerId);
  }

  /** The pods on a node that have not ended. */
  async podsOn(node: string): Promise<readonly RunningPod[]> {
    const pods = (await this.list('/api/v1/pods', { fieldSelector: `spec.nodeName=${node}` })) ?? [];
    return (pods as readonly V1Pod[])
      .filter(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed')
      .map(({ metadata, spec }) => ({
        name: `${metadata?.namespace}/${metadata?.name}`,
        runtimeClass: spec?.runtimeClassName,
      }));
  }

  /** The names of the RuntimeClasses that lead to one of these handlers. */
  async runtimeClassesOf(handlers: readonly string[]): Promise<readonly string[]> {
    const all = (await this.list('/apis/node.k8s.io/v1/runtimeclasses')) ?? [];
    return (all as readonly V1RuntimeClass[])
      .filter(({ handler }) => handlers.includes(handler))
      .map(({ metadata }) => metadata?.name ?? '');
  }

  /**
   * Applies a JSON Patch to a Node: all of it, or nothing.
   *
   * @param dryRun whether the API server only checks it: rights, admission and the patch itself
   * @throws CouldNotLook if the API server does not answer, or refuses
   */
  async patchNode(name: string, patch: readonly PatchOperation[], dryRun: boolean): Promise<void> {
    const path = `${nodesPath}/${encodeURIComponent(name)}${dryRun ? '?dryRun=All' : ''}`;
    const contentType = 'application/json-patch+json';
    const answer = await this.ask(path, { method: 'PATCH', contentType, body: JSON.stringify(patch) });
    if (answer.code !== 200) throw this.refusalOf(`a change of the Node ${name}`, answer);
  }
}
