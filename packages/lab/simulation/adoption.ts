import { karpenterPoolLabel, poolLabel } from '../../../domain/kubernetes.ts';
import { runtimeTag } from '../../../domain/tags.ts';
import type { StoredObject } from '../../local-kubernetes/object.ts';
import type { NodePlan } from './node.ts';

/** From the start of a run until the agent of an adopted node is online, in milliseconds. */
const agentAfterMs = 1_000;
const agentVersion = '3.3.3185.0';

/** Which nodes of a cluster are taken. */
export interface Adoption {
  readonly cluster: string;
  /** The key of the gate. */
  readonly gate: string;
  /** The instance profile of its nodes, if the configuration names any. */
  readonly instanceProfile?: string | undefined;
}

/**
 * What a Node of a running cluster would have been launched as: the instance that its providerID names, with the tags that its labels stand
 * for. Gives the reason if it cannot be taken.
 */
export function planOf(node: StoredObject, { cluster, gate, instanceProfile }: Adoption): NodePlan | string {
  const { name, labels = {} } = node.metadata;
  const { providerID = '', taints = [] } = node.spec ?? {};
  if (!taints.some(({ key }) => key === gate)) return `${name} has no taint ${gate}: it is open already`;
  const [, availabilityZone, id] = /^aws:\/\/\/([a-z0-9-]+)\/(i-(?:[0-9a-f]{8}|[0-9a-f]{17}))$/.exec(providerID) ?? [];
  if (availabilityZone === undefined || id === undefined) {
    const seen = providerID === '' ? 'no providerID' : `the providerID ${providerID}`;
    return `${name} has ${seen}; accepted is aws:///<zone>/<instance-id>`;
  }
  const runtime = labels[poolLabel] ?? '';
  const pool = labels[karpenterPoolLabel];
  const group = labels['eks.amazonaws.com/nodegroup'];
  return {
    cluster,
    gate,
    instanceProfile,
    runtimeLabel: runtime,
    agentAfterMs,
    agentVersion,
    joinAfterMs: undefined,
    pendingMs: 0,
    readyAfterMs: 0,
    nodeName: name,
    instance: { id, availabilityZone, architecture: architectureOf(node) },
    tags: {
      [runtimeTag]: runtime,
      'eks:eks-cluster-name': cluster,
      [`kubernetes.io/cluster/${cluster}`]: 'owned',
      ...(pool === undefined ? {} : { 'karpenter.sh/nodepool': pool }),
      ...(group === undefined ? {} : { 'eks:nodegroup-name': group }),
    },
  };
}

function architectureOf({ status }: StoredObject): 'arm64' | 'x86_64' {
  return status?.nodeInfo?.architecture === 'arm64' ? 'arm64' : 'x86_64';
}
