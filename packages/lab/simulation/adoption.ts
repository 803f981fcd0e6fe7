import { karpenterPoolLabel, poolLabel } from '../../../domain/kubernetes.ts';
import { runtimeTag } from '../../../domain/tags.ts';
import type { StoredObject } from '../../local-kubernetes/object.ts';
import type { NodePlan } from './node.ts';

/** From the start of a run until an adopted node's agent is online, in milliseconds. */
const agentAfterMs = 1_000;
const agentVersion = '3.3.3185.0';

/** Which of a cluster's nodes to take. */
export interface Adoption {
  readonly cluster: string;
  /** The gate's taint key. */
  readonly gate: string;
  /** The nodes' instance profile, if the configuration names any. */
  readonly instanceProfile?: string | undefined;
}

/**
 * The plan with which a Node of a running cluster would have been launched: the instance in its providerID, with tags
 * that match its labels. Returns the reason if the Node cannot be taken.
 */
export function planOf(node: StoredObject, { cluster, gate, instanceProfile }: Adoption): NodePlan | string {
  const { name, labels = {} } = node.metadata;
  const { providerID = '', taints = [] } = node.spec ?? {};
  if (!taints.some(({ key }) => key === gate)) return `${name} has no taint ${gate}, so it is already open`;
  const [, availabilityZone, id] = /^aws:\/\/\/([a-z0-9-]+)\/(i-(?:[0-9a-f]{8}|[0-9a-f]{17}))$/.exec(providerID) ?? [];
  if (availabilityZone === undefined || id === undefined) {
    const seen = providerID === '' ? 'no providerID' : `the providerID ${providerID}`;
    return `${name} has ${seen}; accepted: aws:///<zone>/<instance-id>`;
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
