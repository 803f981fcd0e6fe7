import { isDeepStrictEqual } from 'node:util';
import { isRecord } from './object.ts';
import { ApiError } from './server/status.ts';

/** The most operations of one patch. Source: `maxJSONPatchOperations` of k8s.io/apiserver. */
const mostOperations = 10_000;

/** One operation as it was sent: the server reads its fields only when it applies it. */
type Operation = Readonly<Record<string, unknown>> | null;

/** An object or a list whose member an operation reads or changes. */
type Holder = Record<string, unknown> | unknown[];

/**
 * Applies a JSON Patch like the API server: all of it or nothing. The server uses gopkg.in/evanphx/json-patch.v4, which
 * is laxer than RFC 6902: `replace` adds a member that is absent, `test` for null also finds an absent member, and a
 * negative index counts from the end.
 *
 * @throws {@link ApiError} 400 if the text is not a patch, 413 if it is too long, 422 if a `test` fails or a path does
 * not exist. The server gives the same message for both, so a client cannot tell them apart.
 */
export function applyJsonPatch(document: unknown, patch: unknown): unknown {
  const operations = patch === null ? [] : patch;
  if (!Array.isArray(operations) || !operations.every((one) => one === null || isRecord(one))) {
    throw new ApiError(400, 'BadRequest', 'error decoding patch: json: cannot unmarshal into a list of operations');
  }
  if (operations.length > mostOperations) {
    const message = `The allowed maximum operations in a JSON patch is ${mostOperations}, got ${operations.length}`;
    throw new ApiError(413, 'RequestEntityTooLarge', message);
  }
  return operations.reduce<unknown>(applyOne, structuredClone(document));
}

function applyOne(document: unknown, operation: Operation): unknown {
  const { op, value = null } = operation ?? {};
  const path = textOf(operation?.['path']);
  switch (op) {
    case 'add':
      add(document, path, structuredClone(value));
      return document;
    case 'remove':
      remove(document, path);
      return document;
    case 'replace':
      if (path === '') return isHolder(value) ? structuredClone(value) : reject();
      replace(document, path, structuredClone(value));
      return document;
    case 'move': {
      const from = textOf(operation?.['from']);
      const moved = read(document, from);
      remove(document, from);
      add(document, path, moved);
      return document;
    }
    case 'copy':
      add(document, path, structuredClone(read(document, textOf(operation?.['from']))));
      return document;
    case 'test':
      if (!isDeepStrictEqual(path === '' ? document : read(document, path), value)) reject();
      return document;
    default:
      return reject();
  }
}

function reject(): never {
  throw new ApiError(422, 'Invalid', 'the server rejected our request due to an error in our request', {});
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : reject();
}

function isHolder(value: unknown): value is Holder {
  return Array.isArray(value) || isRecord(value);
}

/** The object or list that a path ends in, and the last part of the path. */
function find(document: unknown, path: string): readonly [holder: Holder, key: string] {
  const parts = path.split('/').map((part) => part.replaceAll(/~[01]/g, (code) => (code === '~1' ? '/' : '~')));
  const key = parts.pop() ?? '';
  if (parts.length === 0) reject();
  const holder = parts.slice(1).reduce<unknown>((at, part) => (isHolder(at) ? member(at, part) : reject()), document);
  return isHolder(holder) ? [holder, key] : reject();
}

/** An index as Go reads it: `+1` and `01` too; a negative one counts from the end. */
function indexOf(list: readonly unknown[], key: string, length = list.length): number {
  if (!/^[+-]?\d+$/.test(key)) reject();
  const index = Number(key) < 0 ? Number(key) + length : Number(key);
  return index >= 0 && index < length ? index : reject();
}

/** A member's value; null if an object does not have it. */
function member(holder: Holder, key: string): unknown {
  if (Array.isArray(holder)) return holder[indexOf(holder, key)];
  return Object.hasOwn(holder, key) ? holder[key] : null;
}

function read(document: unknown, path: string): unknown {
  return member(...find(document, path));
}

function add(document: unknown, path: string, value: unknown): void {
  const [holder, key] = find(document, path);
  if (!Array.isArray(holder)) put(holder, key, value);
  else holder.splice(key === '-' ? holder.length : indexOf(holder, key, holder.length + 1), 0, value);
}

function replace(document: unknown, path: string, value: unknown): void {
  const [holder, key] = find(document, path);
  if (Array.isArray(holder)) holder[indexOf(holder, key)] = value;
  else put(holder, key, value);
}

function remove(document: unknown, path: string): void {
  const [holder, key] = find(document, path);
  if (Array.isArray(holder)) holder.splice(indexOf(holder, key), 1);
  else if (!Object.hasOwn(holder, key) || !Reflect.deleteProperty(holder, key)) reject();
}

/** Sets a member whatever its name is, `__proto__` included. */
function put(holder: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(holder, key, { value, enumerable: true, writable: true, configurable: true });
}
