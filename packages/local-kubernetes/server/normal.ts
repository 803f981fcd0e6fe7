import { isRecord } from '../object.ts';

/**
 * Fields of pods and Nodes without a zero value: `hostNetwork: false` is the same as none. Fields that the API defines
 * as pointers, such as `hostUsers`, have one. Source: the field tags of k8s.io/api 0.36, core/v1/types.go.
 */
const withoutZero = new Set([
  ...['hostNetwork', 'hostPID', 'hostIPC', 'hostname', 'subdomain', 'nodeName', 'priorityClassName', 'schedulerName'],
  ...['restartPolicy', 'dnsPolicy', 'serviceAccountName', 'serviceAccount', 'unschedulable', 'value', 'workingDir'],
  ...['stdin', 'stdinOnce', 'tty', 'imagePullPolicy', 'terminationMessagePath', 'terminationMessagePolicy'],
  ...['phase', 'reason', 'message'],
]);

/** Fields of metadata, pods and Nodes that are maps: an empty one is the same as none, and null in one is empty. */
const maps = new Set(['labels', 'annotations', 'nodeSelector', 'overhead', 'limits', 'requests']);

/**
 * An object as the API server keeps it. The server drops what is empty, resets field ownership if a client empties it
 * (https://kubernetes.io/docs/reference/using-api/server-side-apply/#clearing-managedfields), sets a Node's allocatable
 * to its capacity if it is absent, and writes a condition's missing times as null.
 */
export function normal<T extends { readonly kind: string; readonly metadata: object }>(object: T): T {
  const { spec, status } = object as { spec?: unknown; status?: unknown };
  const entries = Object.entries(object.metadata).filter(([name, value]) => !isReset(name, value));
  const own = { ...object, metadata: withoutEmpty(Object.fromEntries(entries)) };
  if (object.kind !== 'Node' && object.kind !== 'Pod') return own;
  const withSpec = { ...own, ...(isRecord(spec) ? { spec: withoutEmpty(spec) } : {}) };
  return object.kind === 'Pod' || !isRecord(status)
    ? withSpec
    : { ...withSpec, status: statusOf(withoutEmpty(status)) };
}

function statusOf(status: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { capacity, allocatable = structuredClone(capacity), conditions } = status;
  const times = { lastHeartbeatTime: null, lastTransitionTime: null };
  return {
    ...status,
    ...(capacity === undefined ? {} : { allocatable }),
    ...(Array.isArray(conditions) ? { conditions: conditions.map((one) => ({ ...times, ...one })) } : {}),
  };
}

/** A struct without its empty fields, at every level. */
function withoutEmpty(struct: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(struct).flatMap(([name, value]) => {
      const kept = maps.has(name) && isRecord(value) ? textsOf(value) : keptOf(value);
      return isEmpty(name, kept) ? [] : [[name, kept]];
    }),
  );
}

function keptOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(keptOf);
  return isRecord(value) ? withoutEmpty(value) : value;
}

function textsOf(map: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(map).map(([name, value]) => [name, value ?? '']));
}

function isEmpty(name: string, value: unknown): boolean {
  if (value === null || value === undefined) return true;
  if (Array.isArray(value)) return value.length === 0;
  if (isRecord(value)) return maps.has(name) && Object.keys(value).length === 0;
  return (value === '' || value === false) && withoutZero.has(name);
}

function isReset(name: string, value: unknown): boolean {
  if (name !== 'managedFields' || !Array.isArray(value) || value.length !== 1) return false;
  return isRecord(value[0]) && Object.keys(value[0]).length === 0;
}
