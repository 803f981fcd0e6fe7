import type { StoredObject } from '../object.ts';
import type { User } from './authorize.ts';
import { forbidden } from './status.ts';

/** Kubernetes' own labels that a kubelet may set (the fixed set in the NodeRestriction plugin). */
const ownLabels = new Set([
  'kubernetes.io/hostname',
  'kubernetes.io/os',
  'kubernetes.io/arch',
  'node.kubernetes.io/instance-type',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/arch',
  'beta.kubernetes.io/instance-type',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
]);
const ownPrefixes = ['kubelet.kubernetes.io', 'node.kubernetes.io'];

/**
 * The NodeRestriction admission plugin: a kubelet writes only its own Node, never its taints after creation, and no
 * label that could steer pods to it.
 *
 * @param node the Node after the change
 * @param old the Node before it; absent at its creation
 * @throws ApiError 403 with the plugin's message
 */
export function restrictNode(user: User, node: StoredObject, old: StoredObject | undefined): void {
  if (!user.groups.includes('system:nodes') || !user.name.startsWith('system:node:')) return;
  const own = user.name.slice('system:node:'.length);
  const { name } = node.metadata;
  const refuse = (why: string) => forbidden('nodes', '', name, why);
  if (own !== name) throw refuse(`node "${own}" is not allowed to modify node "${name}"`);
  if (old !== undefined) {
    if (JSON.stringify(node.spec?.taints ?? []) !== JSON.stringify(old.spec?.taints ?? [])) {
      throw refuse(`node "${own}" is not allowed to modify taints`);
    }
    if (JSON.stringify(node.metadata.ownerReferences) !== JSON.stringify(old.metadata.ownerReferences)) {
      throw refuse(`node "${own}" is not allowed to modify ownerReferences`);
    }
  }
  const labels = changed(node.metadata.labels ?? {}, old?.metadata.labels ?? {}).filter(isKept);
  if (labels.length === 0) return;
  if (old === undefined) {
    throw refuse(`node "${own}" is not allowed to set the following labels: ${labels.join(', ')}`);
  }
  throw refuse(`is not allowed to modify labels: ${labels.join(', ')}`);
}

/**
 * The same plugin for pods: a kubelet deletes only pods on its own node, and updates only their status.
 *
 * @throws ApiError 403 with the plugin's message
 */
export function restrictPod(user: User, verb: 'delete' | 'patch', pod: StoredObject): void {
  if (!user.groups.includes('system:nodes') || !user.name.startsWith('system:node:')) return;
  const own = user.name.slice('system:node:'.length);
  if (pod.spec?.nodeName === own) return;
  const may = verb === 'delete' ? 'delete pods' : 'update pod status for pods';
  throw forbidden('pods', '', pod.metadata.name, `node "${own}" can only ${may} with spec.nodeName set to itself`);
}

function changed(now: Readonly<Record<string, string>>, before: Readonly<Record<string, string>>): readonly string[] {
  return [...new Set([...Object.keys(now), ...Object.keys(before)])].filter((key) => now[key] !== before[key]).sort();
}

function isKept(label: string): boolean {
  const prefix = label.includes('/') ? (label.split('/')[0] ?? '') : '';
  const within = (domain: string) => prefix === domain || prefix.endsWith(`.${domain}`);
  if (within('node-restriction.kubernetes.io')) return true;
  if (!within('kubernetes.io') && !within('k8s.io')) return false;
  return !ownLabels.has(label) && !ownPrefixes.some(within);
}
