import * as v from 'valibot';
import { isRecord, type StoredObject } from '../object.ts';
import type { User } from './authorize.ts';
import { type Bindings, celInput, celValue, evaluate } from './cel.ts';
import { resourceOfKind, type Target } from './resources.ts';
import { ApiError, forbidden, invalid } from './status.ts';
import type { Store } from './store.ts';

const texts = v.array(v.string());
const expression = v.string();

/** Words that CEL reserves: the API server rejects a variable of such a name. */
const reserved =
  'true false null in as break const continue else for function if import let loop package namespace return var void while';
const identifier = v.pipe(
  v.string(),
  v.regex(/^[_a-zA-Z][_a-zA-Z0-9]*$/, 'name is not a valid CEL identifier'),
  v.check((name) => !reserved.split(' ').includes(name), 'name is not a valid CEL identifier'),
);

/** A label selector with requirements. Source: Kubernetes, LabelSelector. */
const SelectorSchema = v.strictObject({
  matchExpressions: v.array(
    v.variant('operator', [
      v.strictObject({ key: v.string(), operator: v.picklist(['Exists', 'DoesNotExist']) }),
      v.strictObject({ key: v.string(), operator: v.picklist(['In', 'NotIn']), values: texts }),
    ]),
  ),
});

const PolicySchema = v.strictObject({
  failurePolicy: v.optional(v.literal('Fail'), 'Fail'),
  matchConstraints: v.strictObject({
    namespaceSelector: v.optional(SelectorSchema),
    resourceRules: v.array(
      v.strictObject({ apiGroups: texts, apiVersions: texts, operations: texts, resources: texts }),
    ),
  }),
  matchConditions: v.optional(v.array(v.strictObject({ name: v.string(), expression })), []),
  variables: v.optional(v.array(v.strictObject({ name: identifier, expression })), []),
  validations: v.array(
    v.strictObject({
      expression,
      message: v.optional(v.string()),
      messageExpression: v.optional(expression),
      reason: v.optional(v.picklist(['Forbidden', 'Invalid', 'Unauthorized', 'RequestEntityTooLarge']), 'Invalid'),
    }),
  ),
});

const BindingSchema = v.strictObject({ policyName: v.string(), validationActions: v.tuple([v.literal('Deny')]) });

type Policy = v.InferOutput<typeof PolicySchema>;

const codes = { Forbidden: 403, Invalid: 422, Unauthorized: 401, RequestEntityTooLarge: 413 } as const;
const operations: Readonly<Record<string, string>> = { create: 'CREATE', patch: 'UPDATE', delete: 'DELETE' };
const admission = 'admissionregistration.k8s.io/v1';

/** A write that policies evaluate. */
export interface Write {
  readonly user: User;
  readonly verb: string;
  readonly target: Target;
  /** The object after the write; undefined for a deletion. */
  readonly object: StoredObject | undefined;
  /** The object before the write; undefined for a creation. */
  readonly oldObject: StoredObject | undefined;
  /** Whether the write stores nothing. */
  readonly dryRun?: boolean;
}

/**
 * Evaluates the ValidatingAdmissionPolicies that are bound and that the server has received. A policy that cannot be
 * evaluated denies.
 *
 * @throws ApiError with the reason and the message of the first validation that fails
 */
export function askPolicies(store: Store, write: Write): void {
  // Policies do not apply to policies, so no administrator can lock themselves out.
  const { group, kind } = write.target.resource;
  if (group === 'admissionregistration.k8s.io' && kind.includes('AdmissionPolicy')) return;
  const policies = specs(store, 'ValidatingAdmissionPolicy');
  for (const [name, { policyName }] of specs(store, 'ValidatingAdmissionPolicyBinding', BindingSchema)) {
    const spec = policies.get(policyName);
    if (spec === undefined) continue;
    const policy = policyOf(spec);
    if (selectsNamespace(store, policy, write)) askPolicy({ name: policyName, binding: name, policy }, write);
  }
}

/**
 * Whether a policy's namespaceSelector matches. It never skips a cluster-scoped object, except a Namespace, which is
 * matched by its own labels. Source: Kubernetes, MatchResources.
 */
function selectsNamespace(store: Store, { matchConstraints }: Policy, { target, object, oldObject }: Write): boolean {
  const { namespaceSelector: selector } = matchConstraints;
  const { resource, namespace } = target;
  if (selector === undefined || (namespace === '' && resource.kind !== 'Namespace')) return true;
  const spaces = resourceOfKind('v1', 'Namespace');
  const space = namespace === '' || spaces === undefined ? (object ?? oldObject) : store.get(spaces, '', namespace);
  // The API server puts this label on every Namespace.
  const labels = { ...space?.metadata.labels, 'kubernetes.io/metadata.name': space?.metadata.name };
  return selector.matchExpressions.every((requirement) => {
    const value = (labels as Readonly<Record<string, string | undefined>>)[requirement.key];
    if (!('values' in requirement)) return (value !== undefined) === (requirement.operator === 'Exists');
    const isAmong = value !== undefined && requirement.values.includes(value);
    return isAmong === (requirement.operator === 'In');
  });
}

/** Rejects a policy or binding that cannot be evaluated here, like the API server or by the name of the field. */
export function checkPolicy({ kind, metadata, spec }: StoredObject): void {
  if (kind !== 'ValidatingAdmissionPolicy' && kind !== 'ValidatingAdmissionPolicyBinding') return;
  const parsed = v.safeParse(kind === 'ValidatingAdmissionPolicy' ? PolicySchema : BindingSchema, spec);
  if (parsed.success) return;
  const [issue] = parsed.issues;
  const where = v.getDotPath(issue) ?? '';
  throw invalid(kind, 'admissionregistration.k8s.io', metadata.name, [`spec.${where}: ${issue.message}`]);
}

const parsed = new WeakMap<object, Policy>();

function policyOf(spec: object): Policy {
  const known = parsed.get(spec) ?? v.parse(PolicySchema, spec);
  parsed.set(spec, known);
  return known;
}

function askPolicy(bound: { name: string; binding: string; policy: Policy }, write: Write): void {
  const { policy } = bound;
  if (!policy.matchConstraints.resourceRules.some((rule) => matches(rule, write))) return;
  const bindings = bindingsOf(write);
  const denied = (message: string, reason: keyof typeof codes) => {
    const { resource, name } = write.target;
    const what = `ValidatingAdmissionPolicy '${bound.name}' with binding '${bound.binding}' denied request: ${message}`;
    const { message: words } = forbidden(resource.name, resource.group, write.object?.metadata.name ?? name, what);
    return new ApiError(codes[reason], reason, words, { kind: resource.name });
  };
  for (const condition of policy.matchConditions) {
    try {
      if (evaluate(condition.expression, bindings) !== true) return;
    } catch (error) {
      throw denied(`failed to evaluate the condition ${condition.name}: ${String(error)}`, 'Forbidden');
    }
  }
  const known = withVariables(policy, bindings);
  for (const { expression, message, messageExpression, reason } of policy.validations) {
    let held: unknown;
    try {
      held = evaluate(expression, known);
    } catch (error) {
      throw denied(`expression '${expression}' resulted in error: ${String(error)}`, 'Invalid');
    }
    if (held === true) continue;
    throw denied(said(messageExpression, known) ?? message ?? `failed expression: ${expression}`, reason);
  }
}

/** The message that an expression produces. One that fails, or does not produce a line of text, counts as none. */
function said(expression: string | undefined, bindings: Bindings): string | undefined {
  if (expression === undefined) return undefined;
  try {
    const message = evaluate(expression, bindings);
    return typeof message === 'string' && /^[^\n]*\S[^\n]*$/.test(message) ? message : undefined;
  } catch {
    return undefined;
  }
}

/** A variable is evaluated on first use, so a failing one affects only the expressions that use it. */
function withVariables({ variables }: Policy, bindings: Bindings): Bindings {
  const values = new Map<string, ReturnType<typeof celInput>>();
  const known = { ...bindings, variables: values };
  for (const { name, expression } of variables) {
    try {
      values.set(name, celInput(evaluate(expression, known)));
    } catch {
      values.delete(name);
    }
  }
  return known;
}

function bindingsOf({ user, verb, target, object, oldObject, dryRun = false }: Write): Bindings {
  const { resource, subresource, namespace } = target;
  const name = object?.metadata.name ?? target.name;
  const { group, version } = resource;
  const gvr = { group, version, resource: resource.name };
  const request = {
    kind: { group, version, kind: resource.kind },
    resource: gvr,
    requestKind: { group, version, kind: resource.kind },
    requestResource: gvr,
    operation: operations[verb],
    userInfo: { username: user.name, groups: user.groups },
    dryRun,
    // As in the API server, an empty value is absent.
    ...(subresource === undefined ? {} : { subResource: subresource }),
    ...(namespace === '' ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
  };
  return { object: whole(object), oldObject: whole(oldObject), request: celValue(request) };
}

/** The API server's structs always have metadata, spec and status. */
function whole(object: StoredObject | undefined) {
  if (object === undefined) return null;
  return celValue(['Node', 'Pod'].includes(object.kind) ? { spec: {}, status: {}, ...object } : object);
}

function matches(rule: Policy['matchConstraints']['resourceRules'][number], { verb, target }: Write): boolean {
  const { resource, subresource } = target;
  const has = (values: readonly string[], value: string) => values.includes('*') || values.includes(value);
  const names =
    subresource === undefined
      ? ['*', '*/*', resource.name]
      : ['*/*', `*/${subresource}`, `${resource.name}/*`, `${resource.name}/${subresource}`];
  return (
    has(rule.apiGroups, resource.group) &&
    has(rule.apiVersions, resource.version) &&
    has(rule.operations, operations[verb] ?? '') &&
    rule.resources.some((one) => names.includes(one))
  );
}

function specs(store: Store, kind: string): Map<string, object>;
function specs<S extends v.GenericSchema>(store: Store, kind: string, schema: S): Map<string, v.InferOutput<S>>;
function specs(store: Store, kind: string, schema?: v.GenericSchema): Map<string, unknown> {
  const resource = resourceOfKind(admission, kind);
  const items = resource === undefined ? [] : store.known(resource);
  return new Map(
    items.flatMap(({ metadata, spec }): [string, unknown][] =>
      isRecord(spec) ? [[metadata.name, schema === undefined ? spec : v.parse(schema, spec)]] : [],
    ),
  );
}
