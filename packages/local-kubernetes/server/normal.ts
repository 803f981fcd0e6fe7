import { isRecord } from '../object.ts';

/**
 * An object as the API server keeps it. The server drops empty metadata and taints, resets field ownership if a client
 * empties it (https://kubernetes.io/docs/reference/using-api/server-side-apply/#clearing-managedfields), and sets a
 * Node's allocatable to its capacity if it is absent.
 */
export function normal<T extends { readonly kind: string; readonly metadata: object }>(object: T): T {
  const { spec, status } = object as { spec?: unknown; status?: unknown };
  const metadata = Object.entries(object.metadata).filter(([name, value]) => !isEmpty(value) && !isReset(name, value));
  const own = { ...object, metadata: Object.fromEntries(metadata) };
  if (object.kind !== 'Node') return own;
  return {
    ...own,
    ...(isRecord(spec)
      ? { spec: Object.fromEntries(Object.entries(spec).filter(([, value]) => !isEmpty(value))) }
      : {}),
    ...(isRecord(status) && status['capacity'] !== undefined
      ? { status: { ...status, allocatable: status['allocatable'] ?? structuredClone(status['capacity']) } }
      : {}),
  };
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) ? value.length === 0 : isRecord(value) && Object.keys(value).length === 0;
}

function isReset(name: string, value: unknown): boolean {
  return name === 'managedFields' && Array.isArray(value) && value.length === 1 && isEmpty(value[0]);
}
