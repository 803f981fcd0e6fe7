import type { StoredObject } from '../object.ts';
import { invalid } from './status.ts';

const namePart = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
/** The API's limit for all annotations of an object together. */
const annotationBytes = 256 * 1024;

/** Why a text is not a qualified name (a label key, a taint key), or undefined if it is one. */
function notQualified(key: string): string | undefined {
  const [first = '', second, ...more] = key.split('/');
  if (more.length > 0) return 'a qualified name must consist of an optional DNS subdomain prefix and one name';
  const name = second ?? first;
  if (second !== undefined && (!subdomain.test(first) || first.length > 253)) {
    return 'prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, "-" or "."';
  }
  if (name.length > 63) return 'name part must be no more than 63 bytes';
  return namePart.test(name) ? undefined : 'name part must consist of alphanumeric characters, "-", "_" or "."';
}

function notLabelValue(value: unknown): string | undefined {
  if (typeof value !== 'string') return 'a label value must be a string';
  if (value.length > 63) return 'must be no more than 63 bytes';
  return labelValue.test(value)
    ? undefined
    : 'a valid label must be an empty string or consist of alphanumeric characters';
}

function wrong(field: string, value: unknown, why: string): string {
  return `${field}: Invalid value: ${JSON.stringify(value)}: ${why}`;
}

function metadataProblems({ kind, metadata }: StoredObject, group: string): string[] {
  const problems: string[] = [];
  // Names of roles, bindings and Events may contain colons and capitals: anything that fits into a path.
  const isFree = group === 'rbac.authorization.k8s.io' || kind === 'Event';
  const good = isFree ? /^(?!\.{1,2}$)[^/%]+$/ : subdomain;
  if (!good.test(metadata.name)) {
    problems.push(wrong('metadata.name', metadata.name, 'a lowercase RFC 1123 subdomain is needed'));
  }
  for (const [key, value] of Object.entries(metadata.labels ?? {})) {
    const why = notQualified(key);
    if (why !== undefined) problems.push(wrong('metadata.labels', key, why));
    const because = notLabelValue(value);
    if (because !== undefined) problems.push(wrong('metadata.labels', value, because));
  }
  let bytes = 0;
  for (const [key, value] of Object.entries(metadata.annotations ?? {})) {
    const why = notQualified(key.toLowerCase());
    if (why !== undefined) problems.push(wrong('metadata.annotations', key, why));
    if (typeof value !== 'string') {
      problems.push(wrong('metadata.annotations', value, 'an annotation value must be a string'));
    }
    bytes += Buffer.byteLength(key) + Buffer.byteLength(String(value));
  }
  if (bytes > annotationBytes) {
    problems.push(`metadata.annotations: Too long: may not be more than ${annotationBytes} bytes`);
  }
  return problems;
}

function taintProblems(node: StoredObject): string[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  for (const [index, taint] of (node.spec?.taints ?? []).entries()) {
    const at = `metadata.taints[${index}]`;
    const why = notQualified(taint.key);
    if (why !== undefined) problems.push(wrong(`${at}.key`, taint.key, why));
    const because = notLabelValue(taint.value ?? '');
    if (because !== undefined) problems.push(wrong(`${at}.value`, taint.value, because));
    if (!effects.includes(taint.effect)) {
      const known = effects.map((effect) => `"${effect}"`).join(', ');
      problems.push(`${at}.effect: Unsupported value: ${JSON.stringify(taint.effect)}: supported values: ${known}`);
    }
    const pair = `${taint.key}:${taint.effect}`;
    if (seen.has(pair)) {
      problems.push(`${at}: Duplicate value: ${JSON.stringify(taint)}: taints must be unique by key and effect pair`);
    }
    seen.add(pair);
  }
  return problems;
}

function immutableProblems(node: StoredObject, old: StoredObject): string[] {
  const problems: string[] = [];
  const before = old.spec?.providerID ?? '';
  if (before !== '' && node.spec?.providerID !== before) {
    problems.push('spec.providerID: Forbidden: node updates may not change providerID except from "" to valid');
  }
  const rest = ({ spec }: StoredObject) => {
    const { taints: _taints, unschedulable: _unschedulable, providerID: _providerId, ...more } = spec ?? {};
    const { podCIDR: _podCidr, podCIDRs: _podCidrs, externalID: _externalId, ...fixed } = more;
    return JSON.stringify(Object.entries(fixed).sort(([a], [b]) => (a < b ? -1 : 1)));
  };
  const cidrs = ({ spec }: StoredObject) => JSON.stringify(spec?.podCIDRs ?? (spec?.podCIDR ? [spec.podCIDR] : []));
  if (cidrs(old) !== '[]' && cidrs(node) !== cidrs(old)) {
    problems.push('spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid');
  }
  if (node.spec?.externalID !== old.spec?.externalID) problems.push('spec.externalID: Forbidden: may not be updated');
  if (rest(node) !== rest(old)) {
    problems.push('spec: Forbidden: node updates may only change labels, taints, or capacity');
  }
  return problems;
}

const restartPolicies = ['Always', 'OnFailure', 'Never'];
const pullPolicies = ['Always', 'IfNotPresent', 'Never'];

function podProblems({ spec, metadata }: StoredObject, old: StoredObject | undefined): string[] {
  if (old !== undefined) {
    // The real server accepts a changed image, deadline and new tolerations; nothing here changes them.
    if (JSON.stringify(spec) === JSON.stringify(old.spec)) return [];
    return ['spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`, and some more'];
  }
  const problems: string[] = [];
  const containers = spec?.containers ?? [];
  if (containers.length === 0) problems.push('spec.containers: Required value');
  for (const [index, { name, image, imagePullPolicy }] of containers.entries()) {
    const at = `spec.containers[${index}]`;
    if (!dnsLabel.test(name)) problems.push(wrong(`${at}.name`, name, 'a lowercase RFC 1123 label is needed'));
    if ((image ?? '') === '') problems.push(`${at}.image: Required value`);
    else if (image !== image?.trim())
      problems.push(wrong(`${at}.image`, image, 'must not have leading or trailing whitespace'));
    if (!pullPolicies.includes(imagePullPolicy ?? '')) {
      problems.push(`${at}.imagePullPolicy: Unsupported value: ${JSON.stringify(imagePullPolicy)}`);
    }
  }
  const { type, localhostProfile } = spec?.securityContext?.seccompProfile ?? {};
  if (localhostProfile !== undefined && type !== 'Localhost') {
    const at = 'spec.securityContext.seccompProfile.localhostProfile';
    problems.push(wrong(at, localhostProfile, 'can only be set when seccomp type is Localhost'));
  }
  if (!restartPolicies.includes(spec?.restartPolicy ?? '')) {
    problems.push(`spec.restartPolicy: Unsupported value: ${JSON.stringify(spec?.restartPolicy)}`);
  }
  const deadline = spec?.activeDeadlineSeconds;
  if (deadline !== undefined && !(Number.isInteger(deadline) && deadline >= 1)) {
    problems.push(wrong('spec.activeDeadlineSeconds', deadline, 'must be between 1 and 2147483647, inclusive'));
  }
  for (const [index, { key = '', operator = 'Equal', value = '' }] of (spec?.tolerations ?? []).entries()) {
    const at = `spec.tolerations[${index}].operator`;
    if (key === '' && operator !== 'Exists') {
      problems.push(
        wrong(at, operator, 'operator must be Exists when `key` is empty, which means "match all values and all keys"'),
      );
    }
    if (operator === 'Exists' && value !== '')
      problems.push(wrong(at, value, "value must be empty when `operator` is 'Exists'"));
  }
  if (metadata.name.length > 253)
    problems.push(wrong('metadata.name', metadata.name, 'must be no more than 253 bytes'));
  return problems;
}

/** The metadata that no client changes. Source: `ValidateObjectMetaAccessorUpdate` of k8s.io/apimachinery 0.36. */
const fixedMetadata = ['uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const;

function fixedMetadataProblems({ metadata }: StoredObject, { metadata: old }: StoredObject): string[] {
  return fixedMetadata
    .filter((field) => metadata[field] !== old[field])
    .map((field) => wrong(`metadata.${field}`, metadata[field], 'field is immutable'));
}

/** Rejects changes to fields that are immutable in these kinds. */
function fixedProblems(object: StoredObject, old: StoredObject): string[] {
  const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);
  if (object.kind === 'RuntimeClass' && object.handler !== old.handler) {
    return [wrong('handler', object.handler, 'field is immutable')];
  }
  if (object.kind.endsWith('RoleBinding') && !same(object.roleRef, old.roleRef)) {
    return [wrong('roleRef', object.roleRef, 'cannot change roleRef')];
  }
  return [];
}

/** An Event about an object without a namespace belongs in `default`; any other in its object's namespace. */
function eventProblems(event: StoredObject): string[] {
  const about = event.involvedObject?.namespace ?? '';
  const problems: string[] = [];
  if (about === '' ? event.metadata.namespace !== 'default' : event.metadata.namespace !== about) {
    problems.push(wrong('involvedObject.namespace', about, 'does not match event.namespace'));
  }
  if (event.eventTime === undefined || event.eventTime === null) return problems;
  if ((event.reportingComponent ?? '') === '') problems.push('reportingComponent: Required value');
  if ((event.reportingInstance ?? '') === '') problems.push('reportingInstance: Required value');
  if ((event.action ?? '') === '') problems.push('action: Required value');
  if ((event.reason ?? '') === '') problems.push('reason: Required value');
  if (event.type !== 'Normal' && event.type !== 'Warning')
    problems.push(wrong('type', event.type ?? '', 'has invalid value: '));
  if ((event.message ?? '').length > 1024) problems.push(wrong('message', '', 'can have at most 1024 characters'));
  return problems;
}

/**
 * Checks an object against its kind's rules.
 *
 * @param old the object before the change; absent at its creation
 * @throws {@link ApiError} 422 that names every problem
 */
export function validate(object: StoredObject, group: string, old?: StoredObject): void {
  const problems = metadataProblems(object, group);
  if (object.kind === 'Node') {
    problems.push(...taintProblems(object));
    if (old !== undefined) problems.push(...immutableProblems(object, old));
  }
  if (old !== undefined) problems.push(...fixedMetadataProblems(object, old), ...fixedProblems(object, old));
  if (object.kind === 'Pod') problems.push(...podProblems(object, old));
  if (object.kind === 'Event') problems.push(...eventProblems(object));
  if (problems.length > 0) throw invalid(object.kind, group, object.metadata.name, problems);
}
