import { applyJsonPatch } from '../json-patch.ts';
import { isRecord, type StoredObject } from '../object.ts';
import { askPolicies, checkPolicy } from './admission-policy.ts';
import { authorize, type User } from './authorize.ts';
import { isDefined } from './custom-resources.ts';
import { restrainGrants } from './escalation.ts';
import { admitInto, endObject } from './namespaces.ts';
import { restrictNode, restrictPod } from './node-restriction.ts';
import { normal } from './normal.ts';
import { securePod } from './pod-security.ts';
import { admitPod, graceOf } from './pods.ts';
import { countPod } from './quota.ts';
import { type Resource, resourceOfKind, type Target } from './resources.ts';
import { applied, overwritten } from './server-side-apply.ts';
import { ApiError, notFound } from './status.ts';
import { type NewObject, type Store, timestamp } from './store.ts';
import { validate } from './validation.ts';
import { type Stream, selected, streamOf } from './watch.ts';

/** One request, authenticated and with its path parsed. */
export interface ApiRequest {
  readonly user: User;
  readonly verb: string;
  readonly target: Target;
  readonly query: URLSearchParams;
  readonly contentType: string;
  readonly body: unknown;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** An answer: its HTTP status and body, or the stream of a watch. */
export type ApiAnswer =
  | { readonly code: number; readonly body: unknown }
  | { readonly code: 200; readonly stream: Stream };

/** Query parameters that each verb supports; any other is refused by name. */
const parameters: Readonly<Record<string, readonly string[]>> = {
  get: [],
  list: ['labelSelector', 'fieldSelector', 'limit', 'continue'],
  watch: ['watch', 'labelSelector', 'fieldSelector', 'resourceVersion', 'allowWatchBookmarks', 'timeoutSeconds'],
  create: [],
  patch: ['dryRun'],
  apply: ['fieldManager', 'force', 'dryRun'],
  delete: [],
};

/**
 * The media type that makes a PATCH a server-side apply. Its body may be YAML, which includes JSON; the stand-in reads
 * only JSON.
 */
const applyPatch = 'application/apply-patch+yaml';

/** The field manager of an administrator's objects. */
const administrator = 'kubectl-client-side-apply';

/** The real API supports the request and the stand-in does not. The server records it as a refusal. */
export class NotServed extends ApiError {}

/**
 * Carries out a request: authorization, admission, validation and storage, in the API server's order.
 *
 * @throws {@link ApiError}
 */
export function carryOut(store: Store, request: ApiRequest): ApiAnswer {
  const { user, verb, target, query } = request;
  const { resource, namespace, name } = target;
  if (!resource.verbs.includes(verb)) {
    throw new NotServed(405, 'MethodNotAllowed', `the stand-in does not support ${verb} on ${resource.name}`);
  }
  const how = verb === 'patch' && request.contentType === applyPatch ? 'apply' : verb;
  const unknown = [...query.keys()].find((key) => !parameters[how]?.includes(key));
  if (unknown !== undefined) {
    throw new NotServed(
      400,
      'BadRequest',
      `the stand-in does not support the parameter ${unknown} for ${how} ${resource.name}`,
    );
  }
  authorize(store, user, verb, target);
  if (!isDefined(store, resource))
    throw new ApiError(404, 'NotFound', 'the server could not find the requested resource');
  switch (how) {
    case 'apply':
      return serverSideApply(store, request);
    case 'get':
      return { code: 200, body: store.get(resource, namespace, name ?? '') };
    case 'list':
      return { code: 200, body: list(store, request) };
    case 'watch':
      return { code: 200, stream: streamOf(store, target, query) };
    case 'create':
      return { code: 201, body: create(store, target, newObject(withKind(request.body, resource)), user) };
    case 'patch':
      return { code: 200, body: patch(store, request) };
    default:
      return { code: 200, body: remove(store, request) };
  }
}

/** Pods end gracefully: the deletion time notifies the kubelet, which removes the object once nothing runs any more. */
function remove(store: Store, { user, target, body, now }: ApiRequest): StoredObject {
  const { resource, namespace, name = '' } = target;
  const object = store.get(resource, namespace, name);
  askPolicies(store, { user, verb: 'delete', target, object: undefined, oldObject: object });
  if (resource.kind !== 'Pod') return endObject(store, resource, object, now);
  restrictPod(user, 'delete', object);
  const asked =
    isRecord(body) && typeof body['gracePeriodSeconds'] === 'number' ? body['gracePeriodSeconds'] : undefined;
  const grace = graceOf(object, asked);
  if (grace === 0) return store.remove(resource, namespace, name);
  const { metadata } = object;
  if (metadata.deletionTimestamp !== undefined) return object;
  const deletion = { deletionTimestamp: timestamp(now + grace * 1_000), deletionGracePeriodSeconds: grace };
  return store.replace(resource, object, { ...object, metadata: { ...metadata, ...deletion } });
}

/** Stores an object like an administrator's `kubectl apply`: creates it, or replaces the existing one. */
export function apply(store: Store, object: unknown): void {
  const given = newObject(object);
  const resource = resourceOfKind(given.apiVersion, given.kind);
  if (resource === undefined) throw new Error(`the stand-in does not support ${given.apiVersion} ${given.kind}`);
  if (!isDefined(store, resource))
    throw new Error(`no matches for kind "${given.kind}" in version "${given.apiVersion}"`);
  const namespace = resource.namespaced ? (given.metadata.namespace ?? 'default') : '';
  const old = store.find(resource, namespace, given.metadata.name ?? '');
  const owned = (object: NewObject) =>
    resource.applied ? overwritten(old, object, administrator, timestamp(store.now())) : object;
  if (old === undefined) {
    create(store, { resource, namespace, name: undefined, subresource: undefined }, owned(given), undefined);
    return;
  }
  const changed = asObject(owned({ ...given, metadata: { ...old.metadata, ...given.metadata } }));
  validate(changed, resource.group, old);
  checkPolicy(changed);
  store.replace(resource, old, changed);
}

/**
 * Creates an object from an applied part, or changes the existing one. Authorization and admission check the result.
 */
function serverSideApply(
  store: Store,
  { user, target, query, body, now }: ApiRequest,
): { readonly code: number; readonly body: StoredObject } {
  const { resource, namespace, name = '' } = target;
  if (resource.applied === undefined) {
    throw new NotServed(415, 'UnsupportedMediaType', `the stand-in does not support apply on ${resource.name}`);
  }
  const given = newObject(body);
  const manager = query.get('fieldManager') ?? '';
  if (manager === '') {
    throw new ApiError(
      422,
      'Invalid',
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    );
  }
  if (given.metadata.managedFields !== undefined) {
    throw new ApiError(400, 'BadRequest', 'metadata.managedFields must be nil');
  }
  if (given.metadata.name !== name) {
    const message = `the name of the object (${given.metadata.name}) does not match the name on the URL (${name})`;
    throw new ApiError(400, 'BadRequest', message);
  }
  checkKind(resource, given);
  const dry = query.get('dryRun') === 'All';
  const old = store.find(resource, namespace, name);
  const how = { manager, force: query.get('force') === 'true', time: timestamp(now) };
  const result = applied(old, given, how);
  if (old === undefined) {
    authorize(store, user, 'create', target);
    return { code: 201, body: create(store, target, result, user, dry) };
  }
  const changed = asObject(result);
  validate(changed, resource.group, old);
  checkPolicy(changed);
  restrainGrants(store, user, changed, old);
  askPolicies(store, { user, verb: 'patch', target, object: changed, oldObject: old, dryRun: dry });
  return { code: 200, body: dry ? changed : store.replace(resource, old, changed) };
}

function list(store: Store, { target, query }: ApiRequest): unknown {
  const { resource, namespace } = target;
  const page = store.list(
    resource,
    namespace,
    selected(resource, query),
    Number(query.get('limit') ?? 0),
    query.get('continue') ?? undefined,
  );
  return {
    kind: `${resource.kind}List`,
    apiVersion: apiVersion(resource),
    metadata: { resourceVersion: page.resourceVersion, ...(page.next === undefined ? {} : { continue: page.next }) },
    items: page.items,
  };
}

function checkKind(resource: Resource, given: NewObject): void {
  if (given.kind === resource.kind && given.apiVersion === apiVersion(resource)) return;
  const what = `${given.apiVersion} ${given.kind}`;
  throw new ApiError(400, 'BadRequest', `${what} in the body, but ${apiVersion(resource)} ${resource.kind} expected`);
}

function create(store: Store, target: Target, given: NewObject, user: User | undefined, dry = false): StoredObject {
  const { resource, namespace } = target;
  checkKind(resource, given);
  if (namespace !== (given.metadata.namespace ?? namespace)) {
    const message = 'the namespace of the provided object does not match the namespace sent on the request';
    throw new ApiError(400, 'BadRequest', message);
  }
  admitInto(store, resource, namespace, given);
  const object = normal(born(store, normal(unended(given))));
  const draft: StoredObject = {
    ...object,
    metadata: {
      ...object.metadata,
      name: object.metadata.name ?? 'generated',
      ...(namespace === '' ? {} : { namespace }),
      uid: '',
      resourceVersion: '',
      creationTimestamp: '',
    },
  };
  if (user !== undefined && resource.kind === 'Node') restrictNode(user, draft, undefined);
  validate(draft, resource.group);
  checkPolicy(draft);
  if (resource.kind === 'Pod') securePod(store, draft);
  if (user !== undefined) {
    restrainGrants(store, user, draft, undefined);
    const sent = asSent(draft, object);
    askPolicies(store, { user, verb: 'create', target, object: sent, oldObject: undefined, dryRun: dry });
  }
  if (resource.kind === 'Pod') countPod(store, namespace, draft);
  return dry ? draft : store.create(resource, namespace, object);
}

/** A new object as a policy sees it: without a name if the server has yet to generate one. */
function asSent(draft: StoredObject, { metadata }: NewObject): StoredObject {
  const { uid: _uid, resourceVersion: _version, creationTimestamp: _time, name, ...rest } = draft.metadata;
  return {
    ...draft,
    metadata: { ...rest, ...(metadata.name === undefined ? {} : { name }) } as StoredObject['metadata'],
  };
}

/** Applies the mutating plugins to a new object. */
function born(store: Store, given: NewObject): NewObject {
  if (given.kind === 'Node') return bornNotReady(given);
  return given.kind === 'Pod' ? admitPod(store, given) : given;
}

/** The creator of a Node owns its fields. */
const byKubelet = {
  manager: 'kubelet',
  operation: 'Update',
  apiVersion: 'v1',
  fieldsType: 'FieldsV1',
  fieldsV1: {},
} as const;

/** The admission plugin TaintNodesByCondition: a new Node takes no pods before it is Ready. */
function bornNotReady(given: NewObject): NewObject {
  const managedFields = [{ ...byKubelet, time: '' }];
  const node = { ...given, metadata: { managedFields, ...given.metadata } };
  const taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };
  const taints = node.spec?.taints ?? [];
  if (taints.some(({ key, effect }) => key === taint.key && effect === taint.effect)) return node;
  return { ...node, spec: { ...node.spec, taints: [...taints, taint] } };
}

/**
 * Patches an object. A patch of `nodes` leaves the status as it was, a patch of `nodes/status` the spec. Both can
 * change labels and annotations, as in Kubernetes.
 */
function patch(store: Store, { user, target, query, contentType, body }: ApiRequest): StoredObject {
  const { resource, namespace, name = '', subresource } = target;
  if (contentType !== 'application/json-patch+json' || resource.applied) {
    const message = `the stand-in does not support ${contentType} for ${resource.name}`;
    throw new NotServed(415, 'UnsupportedMediaType', message);
  }
  const old = store.get(resource, namespace, name);
  const patched = normal(withOwn(old, asObject(applyJsonPatch(old, body)), subresource));
  const { status: oldStatus, spec: oldSpec } = old;
  const { status: _status, ...withoutStatus } = patched;
  const { spec: _spec, ...withoutSpec } = patched;
  const changed =
    subresource === 'status'
      ? { ...withoutSpec, ...(oldSpec === undefined ? {} : { spec: oldSpec }) }
      : { ...withoutStatus, ...(oldStatus === undefined ? {} : { status: oldStatus }) };
  if (resource.kind === 'Node') restrictNode(user, changed, old);
  if (resource.kind === 'Pod') restrictPod(user, 'patch', old);
  store.check(resource, old, changed);
  validate(changed, resource.group, old);
  const dryRun = query.get('dryRun') === 'All';
  askPolicies(store, { user, verb: 'patch', target, object: changed, oldObject: old, dryRun });
  return dryRun ? changed : store.replace(resource, old, changed);
}

/** A patched object with what only the server sets; without field ownership in the patch, ownership stays. */
function withOwn(old: StoredObject, patched: StoredObject, subresource: string | undefined): StoredObject {
  if (patched.kind !== old.kind || patched.apiVersion !== old.apiVersion) {
    const message = `"" is invalid: patch: Invalid value: ${patched.apiVersion} ${patched.kind} is not ${old.kind}`;
    throw new ApiError(422, 'Invalid', message);
  }
  const { namespace: _namespace, managedFields: given, ...metadata } = patched.metadata;
  const managedFields = subresource === 'status' ? old.metadata.managedFields : (given ?? old.metadata.managedFields);
  const { namespace } = old.metadata;
  return {
    ...patched,
    metadata: {
      ...metadata,
      ...(namespace === undefined ? {} : { namespace }),
      ...(managedFields === undefined ? {} : { managedFields }),
    },
  };
}

/** A new object is never in deletion, whatever its creator sends. */
function unended(given: NewObject): NewObject {
  const { deletionTimestamp: _at, deletionGracePeriodSeconds: _grace, ...metadata } = given.metadata;
  return { ...given, metadata };
}

function asObject(value: unknown): StoredObject {
  if (!isObject(value)) throw new ApiError(422, 'Invalid', 'the patched object has no kind or no metadata', {});
  return value;
}

function isObject(value: unknown): value is StoredObject {
  return (
    isNew(value) && ['name', 'uid', 'resourceVersion'].every((key) => isRecord(value.metadata) && key in value.metadata)
  );
}

function newObject(body: unknown): NewObject {
  if (!isNew(body)) throw new ApiError(400, 'BadRequest', 'the body has no apiVersion, kind or metadata');
  return body;
}

function isNew(value: unknown): value is NewObject {
  if (!isRecord(value)) return false;
  const { apiVersion: version, kind, metadata } = value;
  return typeof version === 'string' && typeof kind === 'string' && isRecord(metadata);
}

function apiVersion(resource: Resource): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}

/** The server fills in the kind that the path implies. */
function withKind(body: unknown, resource: Resource): unknown {
  return isRecord(body) ? { apiVersion: apiVersion(resource), kind: resource.kind, ...body } : body;
}

/** 404 for a path that the stand-in does not serve. */
export function unknownPath(path: string): NotServed {
  const { message } = notFound('path', '', path);
  return new NotServed(404, 'NotFound', `the server could not find the requested resource (${message})`);
}
