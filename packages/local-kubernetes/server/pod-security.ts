import { isRecord, type StoredObject } from '../object.ts';
import { resourceOfKind } from './resources.ts';
import { ApiError, forbidden } from './status.ts';
import type { Store } from './store.ts';

type Fields = Readonly<Record<string, unknown>>;
type Check = (
  spec: Fields,
  containers: readonly { readonly name: string; readonly context: Fields }[],
) => string | undefined;

const label = 'pod-security.kubernetes.io/enforce';

/**
 * The standard `restricted`, as far as a pod without volumes and host ports can violate it. Each check names the field
 * like the plugin.
 */
const checks: readonly Check[] = [
  (spec) => {
    const shared = ['hostNetwork', 'hostPID', 'hostIPC'].filter((field) => spec[field] === true);
    return shared.length === 0 ? undefined : `host namespaces (${shared.map((field) => `${field}=true`).join(', ')})`;
  },
  (spec) =>
    list(spec['volumes']).some((volume) => isRecord(volume) && 'hostPath' in volume) ? 'hostPath volumes' : undefined,
  (_spec, containers) =>
    naming(
      'privileged',
      containers,
      ({ privileged }) => privileged === true,
      'must not set securityContext.privileged=true',
    ),
  (_spec, containers) =>
    naming(
      'allowPrivilegeEscalation != false',
      containers,
      ({ allowPrivilegeEscalation }) => allowPrivilegeEscalation !== false,
      'must set securityContext.allowPrivilegeEscalation=false',
    ),
  (_spec, containers) =>
    naming(
      'unrestricted capabilities',
      containers,
      ({ capabilities }) => {
        const { drop, add } = isRecord(capabilities) ? capabilities : {};
        return !list(drop).includes('ALL') || list(add).some((one) => one !== 'NET_BIND_SERVICE');
      },
      'must set securityContext.capabilities.drop=["ALL"]',
    ),
  (spec, containers) => {
    const pod = contextOf(spec)['runAsNonRoot'];
    const bad = containers.filter(({ context }) => (context['runAsNonRoot'] ?? pod) !== true);
    return bad.length === 0
      ? undefined
      : 'runAsNonRoot != true (pod or containers must set securityContext.runAsNonRoot=true)';
  },
  (spec, containers) =>
    [contextOf(spec), ...containers.map(({ context }) => context)].some(({ runAsUser }) => runAsUser === 0)
      ? 'runAsUser=0 (must not set runAsUser=0)'
      : undefined,
  (spec, containers) => {
    const of = (context: Fields) =>
      isRecord(context['seccompProfile']) ? context['seccompProfile']['type'] : undefined;
    const bad = containers.some(
      ({ context }) => !['RuntimeDefault', 'Localhost'].includes(String(of(context) ?? of(contextOf(spec)))),
    );
    return bad
      ? 'seccompProfile (pod or containers must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")'
      : undefined;
  },
];

/**
 * The admission plugin PodSecurity, for namespaces whose label enforces `restricted`.
 *
 * @throws ApiError 403 that names every field, or 501 for a level that is not modelled
 */
export function securePod(store: Store, pod: StoredObject): void {
  const namespaces = resourceOfKind('v1', 'Namespace');
  const { name, namespace = '' } = pod.metadata;
  const level = namespaces && store.get(namespaces, '', namespace).metadata.labels?.[label];
  if (level === undefined || level === 'privileged') return;
  if (level !== 'restricted')
    throw new ApiError(501, 'NotImplemented', `the stand-in does not support ${label}: ${level}`);
  const spec: Fields = { ...pod.spec };
  const containers = ['containers', 'initContainers', 'ephemeralContainers']
    .flatMap((field) => list(spec[field]))
    .filter(isRecord)
    .map((container) => ({ name: String(container['name']), context: contextOf(container) }));
  const problems = checks.map((check) => check(spec, containers)).filter((problem) => problem !== undefined);
  if (problems.length > 0)
    throw forbidden('pods', '', name, `violates PodSecurity "restricted:latest": ${problems.join(', ')}`);
}

function naming(
  what: string,
  containers: Parameters<Check>[1],
  bad: (context: Fields) => boolean,
  rule: string,
): string | undefined {
  const names = containers.filter(({ context }) => bad(context)).map(({ name }) => `"${name}"`);
  return names.length === 0 ? undefined : `${what} (container ${names.join(', ')} ${rule})`;
}

function contextOf(holder: Fields): Fields {
  const context = holder['securityContext'];
  return isRecord(context) ? context : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
