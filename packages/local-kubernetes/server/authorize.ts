import type { PolicyRule, StoredObject, Subject } from '../object.ts';
import { resourceOfKind, type Target } from './resources.ts';
import { forbidden } from './status.ts';
import type { Store } from './store.ts';

/** A request's caller, as authenticated. */
export interface User {
  readonly name: string;
  readonly groups: readonly string[];
  /** Whether the caller is an AWS role. A run counts only such requests. */
  readonly aws: boolean;
  /** Whether EKS's own authorizer allows everything: the access policy AmazonEKSClusterAdminPolicy. */
  readonly clusterAdmin?: boolean;
}

const rbacGroup = 'rbac.authorization.k8s.io/v1';

/**
 * Authorizes by the stored roles and bindings; denies by default.
 *
 * @throws ApiError 403 with the API server's message
 */
export function authorize(store: Store, user: User, verb: string, target: Target): void {
  if (may(store, user, verb, target)) return;
  const { resource, namespace, name } = target;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const why = `User "${user.name}" cannot ${verb} resource "${fullName(target)}" in API group "${resource.group}" ${where}`;
  throw forbidden(resource.name, resource.group, name, why);
}

/** Whether a user may do something: by RBAC, the node authorizer, or EKS's own. */
export function may(store: Store, user: User, verb: string, target: Target): boolean {
  if (user.groups.includes('system:masters') || user.clusterAdmin || mayAsNode(user, verb, target)) return true;
  const { resource, namespace, name } = target;
  const full = fullName(target);
  const allows = (rule: PolicyRule) =>
    has(rule.verbs, verb) &&
    has(rule.apiGroups ?? [], resource.group) &&
    has(rule.resources ?? [], full) &&
    (rule.resourceNames === undefined || (name !== undefined && rule.resourceNames.includes(name)));
  return rulesOf(store, user, namespace).some(allows);
}

function fullName({ resource, subresource }: Target): string {
  return subresource === undefined ? resource.name : `${resource.name}/${subresource}`;
}

/** What the node authorizer allows a kubelet here. NodeRestriction decides which node it may touch. */
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

/** Every RBAC rule that applies to a user in a namespace; in the whole cluster if the namespace is empty. */
export function rulesOf(store: Store, user: User, namespace: string): readonly PolicyRule[] {
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

/** Whether a rule's list contains a value, or all of them. */
export function has(values: readonly string[], value: string): boolean {
  return values.includes('*') || values.includes(value);
}
