import type { PolicyRule, StoredObject, Subject } from './object.ts';
import type { Target } from './resources.ts';
import { resourceOfKind } from './resources.ts';
import { forbidden } from './status.ts';
import type { Store } from './store.ts';

/** Who makes a request, as authentication found out. */
export interface User {
  readonly name: string;
  readonly groups: readonly string[];
  /** Whether an AWS role stands behind it: such requests are what a run counts. */
  readonly aws: boolean;
}

const rbacGroup = 'rbac.authorization.k8s.io/v1';

/**
 * Decides by the roles and bindings that are stored; default deny.
 *
 * @throws ApiError 403 in the words of the API server
 */
export function authorize(store: Store, user: User, verb: string, target: Target): void {
  if (user.groups.includes('system:masters') || mayAsNode(user, verb, target)) return;
  const { resource, namespace, name, subresource } = target;
  const full = subresource === undefined ? resource.name : `${resource.name}/${subresource}`;
  const allows = (rule: PolicyRule) =>
    has(rule.verbs, verb) &&
    has(rule.apiGroups ?? [], resource.group) &&
    has(rule.resources ?? [], full) &&
    (rule.resourceNames === undefined || (name !== undefined && rule.resourceNames.includes(name)));
  if (rulesOf(store, user, namespace).some(allows)) return;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const why = `User "${user.name}" cannot ${verb} resource "${full}" in API group "${resource.group}" ${where}`;
  throw forbidden(resource.name, resource.group, name, why);
}

/** What the node authorizer gives to a kubelet here; which node it may touch is NodeRestriction's to say. */
function mayAsNode(user: User, verb: string, { resource, subresource }: Target): boolean {
  if (!user.groups.includes('system:nodes')) return false;
  if (resource.group === 'node.k8s.io') return resource.name === 'runtimeclasses' && ['get', 'list'].includes(verb);
  if (resource.group !== '') return false;
  if (resource.name === 'pods') {
    return subresource === undefined ? ['get', 'list', 'delete'].includes(verb) : verb === 'patch';
  }
  if (resource.name === 'nodes') {
    return subresource === undefined ? ['get', 'create', 'patch'].includes(verb) : verb === 'patch';
  }
  return resource.name === 'events' && verb === 'create';
}

function rulesOf(store: Store, user: User, namespace: string): readonly PolicyRule[] {
  const bindings = [
    ...list(store, 'ClusterRoleBinding'),
    ...list(store, 'RoleBinding').filter((binding) => namespace !== '' && binding.metadata.namespace === namespace),
  ];
  return bindings
    .filter((binding) => binding.subjects?.some((subject) => isSubject(user, subject)))
    .flatMap((binding) => {
      const roles = list(store, binding.roleRef?.kind ?? '').filter(
        (role) =>
          role.metadata.name === binding.roleRef?.name &&
          (role.kind === 'ClusterRole' || role.metadata.namespace === binding.metadata.namespace),
      );
      return roles.flatMap((role) => role.rules ?? []);
    });
}

function isSubject(user: User, subject: Subject): boolean {
  if (subject.kind === 'User') return subject.name === user.name;
  return subject.kind === 'Group' && user.groups.includes(subject.name);
}

function list(store: Store, kind: string): readonly StoredObject[] {
  const resource = resourceOfKind(rbacGroup, kind);
  return resource === undefined ? [] : store.list(resource, '', () => true).items;
}

function has(values: readonly string[], value: string): boolean {
  return values.includes('*') || values.includes(value);
}
