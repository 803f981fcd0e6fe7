/** An API resource that the stand-in serves. */
export interface Resource {
  readonly group: string;
  readonly version: string;
  /** The plural name in paths and rules. */
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** The verbs that the stand-in supports; the real API has more, and a request for one of those is refused by name. */
  readonly verbs: readonly string[];
  readonly subresources: readonly string[];
  /**
   * The name of the CustomResourceDefinition that brings it; without that object in the cluster there is no such
   * resource.
   */
  readonly definition?: string;
  /** Whether it is written with server-side apply; the others accept a JSON Patch. */
  readonly applied?: true;
}

const rbac = { group: 'rbac.authorization.k8s.io', version: 'v1', subresources: [], applied: true } as const;
const read = ['get', 'list'] as const;
const watched = [...read, 'watch'] as const;
const written = [...read, 'patch', 'delete'] as const;
const admission = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  namespaced: false,
  verbs: written,
  subresources: [],
  applied: true,
} as const;

/** A cluster-scoped resource that a definition brings, to be read. */
function custom(group: string, name: string, kind: string): Resource {
  const definition = `${name}.${group}`;
  return { group, version: 'v1', name, kind, namespaced: false, verbs: read, subresources: [], definition };
}

/** Every resource that the stand-in serves. */
export const resources: readonly Resource[] = [
  {
    group: '',
    version: 'v1',
    name: 'nodes',
    kind: 'Node',
    namespaced: false,
    verbs: [...watched, 'create', 'patch', 'delete'],
    subresources: ['status'],
  },
  {
    group: '',
    version: 'v1',
    name: 'pods',
    kind: 'Pod',
    namespaced: true,
    verbs: [...watched, 'create', 'patch', 'delete'],
    subresources: ['status'],
  },
  {
    group: '',
    version: 'v1',
    name: 'events',
    kind: 'Event',
    namespaced: true,
    verbs: [...read, 'create'],
    subresources: [],
  },
  {
    group: '',
    version: 'v1',
    name: 'namespaces',
    kind: 'Namespace',
    namespaced: false,
    verbs: written,
    subresources: [],
    applied: true,
  },
  {
    group: '',
    version: 'v1',
    name: 'resourcequotas',
    kind: 'ResourceQuota',
    namespaced: true,
    verbs: written,
    subresources: [],
    applied: true,
  },
  {
    group: 'node.k8s.io',
    version: 'v1',
    name: 'runtimeclasses',
    kind: 'RuntimeClass',
    namespaced: false,
    verbs: written,
    subresources: [],
    applied: true,
  },
  {
    group: 'apps',
    version: 'v1',
    name: 'daemonsets',
    kind: 'DaemonSet',
    namespaced: true,
    verbs: read,
    subresources: [],
  },
  { ...admission, name: 'validatingadmissionpolicies', kind: 'ValidatingAdmissionPolicy' },
  { ...admission, name: 'validatingadmissionpolicybindings', kind: 'ValidatingAdmissionPolicyBinding' },
  {
    group: 'apiextensions.k8s.io',
    version: 'v1',
    name: 'customresourcedefinitions',
    kind: 'CustomResourceDefinition',
    namespaced: false,
    verbs: read,
    subresources: [],
  },
  custom('karpenter.sh', 'nodepools', 'NodePool'),
  custom('karpenter.k8s.aws', 'ec2nodeclasses', 'EC2NodeClass'),
  { ...rbac, name: 'clusterroles', kind: 'ClusterRole', namespaced: false, verbs: written },
  { ...rbac, name: 'clusterrolebindings', kind: 'ClusterRoleBinding', namespaced: false, verbs: written },
  { ...rbac, name: 'roles', kind: 'Role', namespaced: true, verbs: written },
  { ...rbac, name: 'rolebindings', kind: 'RoleBinding', namespaced: true, verbs: written },
];

/** What a path refers to. */
export interface Target {
  readonly resource: Resource;
  readonly namespace: string;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

/**
 * Parses an API path.
 *
 * @param path without the query, for instance `/api/v1/nodes/x/status`
 * @returns its target, or undefined if the stand-in does not serve it
 */
export function parsePath(path: string): Target | undefined {
  const steps = path
    .split('/')
    .filter((step) => step !== '')
    .map(decodeURIComponent);
  const [root] = steps;
  if (root !== 'api' && root !== 'apis') return undefined;
  const group = root === 'api' ? '' : (steps[1] ?? '');
  const version = (root === 'api' ? steps[1] : steps[2]) ?? '';
  const rest = steps.slice(root === 'api' ? 2 : 3);
  const inNamespace = rest[0] === 'namespaces' && rest.length > 2;
  const [name = '', object, subresource, ...tooMuch] = inNamespace ? rest.slice(2) : rest;
  const resource = resources.find((one) => one.group === group && one.version === version && one.name === name);
  if (resource === undefined || tooMuch.length > 0) return undefined;
  if (resource.namespaced !== inNamespace && !(resource.namespaced && object === undefined)) return undefined;
  if (subresource !== undefined && !resource.subresources.includes(subresource)) return undefined;
  return { resource, namespace: inNamespace ? (rest[1] ?? '') : '', name: object, subresource };
}

/** The resource for a kind, for objects applied as YAML. */
export function resourceOfKind(apiVersion: string, kind: string): Resource | undefined {
  return resources.find(
    (one) => one.kind === kind && (one.group === '' ? one.version : `${one.group}/${one.version}`) === apiVersion,
  );
}
