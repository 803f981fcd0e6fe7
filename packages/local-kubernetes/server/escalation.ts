import type { PolicyRule, StoredObject } from '../object.ts';
import { has, may, rulesOf, type User } from './authorize.ts';
import { resourceOfKind } from './resources.ts';
import { forbidden } from './status.ts';
import type { Store } from './store.ts';

const rbac = 'rbac.authorization.k8s.io/v1';

/**
 * A user cannot grant rights that they do not hold. The rules of a role, or of a binding's role, must all be the
 * writer's own, unless the writer may
 * `escalate` roles or `bind` that role. https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping
 *
 * @throws ApiError 403 with the API server's message
 */
export function restrainGrants(store: Store, user: User, object: StoredObject, old: StoredObject | undefined): void {
  const { kind, metadata } = object;
  const { namespace = '' } = metadata;
  const isRole = kind === 'Role' || kind === 'ClusterRole';
  const roleKind = isRole ? kind : (object.roleRef?.kind ?? '');
  const resource = resourceOfKind(rbac, kind);
  const granted = resourceOfKind(rbac, roleKind);
  if (resource === undefined || granted === undefined) return;
  if (isRole && old !== undefined && JSON.stringify(object.rules) === JSON.stringify(old.rules)) return;
  const name = isRole ? metadata.name : object.roleRef?.name;
  const target = { resource: granted, namespace, name, subresource: undefined };
  if (may(store, user, isRole ? 'escalate' : 'bind', target)) return;
  const within = roleKind === 'ClusterRole' ? '' : namespace;
  const rules = isRole ? (object.rules ?? []) : (store.get(granted, within, name ?? '').rules ?? []);
  const held = rulesOf(store, user, namespace);
  const missing = rules.flatMap(single).filter((one) => !held.some((rule) => covers(rule, one)));
  if (missing.length === 0) return;
  const why =
    `user "${user.name}" (groups=${JSON.stringify(user.groups)}) is attempting to grant RBAC permissions not currently held:\n` +
    missing.map((one) => JSON.stringify(one)).join('\n');
  throw forbidden(resource.name, resource.group, metadata.name, why);
}

interface Single {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly name?: string;
}

function single({ verbs, apiGroups = [], resources = [], resourceNames }: PolicyRule): readonly Single[] {
  const all = verbs.flatMap((verb) =>
    apiGroups.flatMap((group) => resources.map((resource) => ({ verb, group, resource }))),
  );
  return resourceNames === undefined ? all : all.flatMap((one) => resourceNames.map((name) => ({ ...one, name })));
}

function covers({ verbs, apiGroups = [], resources = [], resourceNames }: PolicyRule, one: Single): boolean {
  return (
    has(verbs, one.verb) &&
    has(apiGroups, one.group) &&
    has(resources, one.resource) &&
    (resourceNames === undefined || (one.name !== undefined && resourceNames.includes(one.name)))
  );
}
