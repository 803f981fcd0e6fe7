/**
 * Server-side apply and field ownership, by https://kubernetes.io/docs/reference/using-api/server-side-apply/ and
 * sigs.k8s.io/structured-merge-diff.
 */

import { isRecord, type ManagedFields, type StoredObject } from '../object.ts';
import { drop, fieldsOf, fromFieldsV1, pathOf, put, said, toFieldsV1 } from './fields.ts';
import { ApiError } from './status.ts';
import type { NewObject } from './store.ts';

/** The manager that applies, and how. */
export interface Application {
  readonly manager: string;
  /** Whether to take over fields that another manager owns with another value. */
  readonly force: boolean;
  /** In the API's time format. */
  readonly time: string;
}

type Owner = Omit<ManagedFields, 'fieldsV1'> & { readonly keys: ReadonlySet<string> };

const ownersOf = ({ metadata }: StoredObject): readonly Owner[] =>
  (metadata.managedFields ?? []).map(({ fieldsV1, ...rest }) => ({ ...rest, keys: new Set(fromFieldsV1(fieldsV1)) }));

/**
 * Applies a part of an object for a manager: its fields are set; fields that it applied before and no longer does are
 * removed unless another manager owns them too; all others stay.
 *
 * @param live the current object; undefined if there is none
 * @throws ApiError 409 that names each field of another manager that would change
 */
export function applied(live: StoredObject | undefined, given: NewObject, how: Application): NewObject {
  const { apiVersion, kind } = given;
  const wanted = fieldsOf(kind, given);
  if (live === undefined) {
    const own: Owner = { ...entry(how, apiVersion), keys: new Set(wanted.keys()) };
    return { ...given, metadata: { ...given.metadata, managedFields: written([own]) } };
  }
  const now = fieldsOf(kind, live);
  const owners = ownersOf(live);
  const isOurs = ({ manager, operation }: Owner) => manager === how.manager && operation === 'Apply';
  const before = owners.find(isOurs)?.keys ?? new Set<string>();
  const others = owners.filter((owner) => !isOurs(owner));
  const changes = (key: string) => JSON.stringify(now.get(key)) !== JSON.stringify(wanted.get(key));
  const contested = others
    .map((owner) => ({ owner, keys: [...wanted.keys()].filter((key) => owner.keys.has(key) && changes(key)) }))
    .filter(({ keys }) => keys.length > 0);
  if (contested.length > 0 && !how.force) throw conflicts(contested);

  const draft = structuredClone(live) as unknown as Record<string, unknown>;
  const givenUp = [...before].filter((key) => !wanted.has(key) && !others.some(({ keys }) => keys.has(key)));
  for (const key of givenUp) drop(draft, pathOf(key));
  for (const [key, value] of wanted) put(draft, pathOf(key), value);
  const left = others.map((owner) => {
    const lost = new Set(contested.find((one) => one.owner === owner)?.keys ?? []);
    return { ...owner, keys: new Set([...owner.keys].filter((key) => !lost.has(key))) };
  });
  const own: Owner = { ...entry(how, apiVersion), keys: new Set(wanted.keys()) };
  const same = before.size === own.keys.size && [...before].every((key) => own.keys.has(key));
  const was = owners.find(isOurs);
  const result = inOrder(draft, given) as unknown as StoredObject;
  const managedFields = written([...left, same && was !== undefined ? was : own]);
  return { ...result, metadata: { ...result.metadata, managedFields } };
}

/** The object after a write other than apply: the writer owns the changed fields. */
export function overwritten(
  live: StoredObject | undefined,
  object: NewObject,
  manager: string,
  time: string,
): NewObject {
  const { apiVersion, kind } = object;
  const now = fieldsOf(kind, object);
  const was = live === undefined ? new Map<string, unknown>() : fieldsOf(kind, live);
  const changed = [...now].filter(([key, value]) => JSON.stringify(was.get(key)) !== JSON.stringify(value));
  const his = new Set(changed.map(([key]) => key));
  const owners = (live === undefined ? [] : ownersOf(live)).map((owner) => ({
    ...owner,
    keys: new Set([...owner.keys].filter((key) => now.has(key) && !his.has(key))),
  }));
  const isHis = (owner: Owner) => owner.manager === manager && owner.operation === 'Update';
  const kept = owners.find(isHis)?.keys ?? [];
  const own: Owner = {
    manager,
    operation: 'Update',
    apiVersion,
    time,
    fieldsType: 'FieldsV1',
    keys: new Set([...kept, ...his]),
  };
  const managedFields = written([...owners.filter((owner) => !isHis(owner)), own]);
  return { ...object, metadata: { ...object.metadata, managedFields } };
}

function entry({ manager, time }: Application, apiVersion: string): Omit<Owner, 'keys'> {
  return { manager, operation: 'Apply', apiVersion, time, fieldsType: 'FieldsV1' };
}

function written(owners: readonly Owner[]): readonly ManagedFields[] {
  return owners
    .filter(({ keys }) => keys.size > 0)
    .map(({ keys, ...rest }) => ({ ...rest, fieldsV1: toFieldsV1([...keys].sort()) }));
}

/** Keyed items keep the latest applier's order, followed by those of other managers. */
function inOrder(draft: Record<string, unknown>, given: unknown): Record<string, unknown> {
  const sorted = (now: unknown, wanted: unknown): unknown => {
    if (isRecord(now) && isRecord(wanted)) {
      return Object.fromEntries(Object.entries(now).map(([name, one]) => [name, sorted(one, wanted[name])]));
    }
    if (!Array.isArray(now) || !Array.isArray(wanted)) return now;
    const place = (item: unknown) => {
      const at = wanted.findIndex((one) => isRecord(one) && isRecord(item) && one['name'] === item['name']);
      return at < 0 ? wanted.length : at;
    };
    return now.every(isRecord) ? [...now].sort((a, b) => place(a) - place(b)) : now;
  };
  return sorted(draft, given) as Record<string, unknown>;
}

/** https://github.com/kubernetes/apimachinery/blob/master/pkg/util/managedfields/internal/conflict.go */
function conflicts(contested: readonly { readonly owner: Owner; readonly keys: readonly string[] }[]): ApiError {
  const all = contested.flatMap(({ owner, keys }) => keys.map((key) => ({ owner, field: said(pathOf(key)) })));
  const named = ({ manager, operation, apiVersion }: Owner) =>
    `"${manager}"${operation === 'Update' ? ` using ${apiVersion}` : ''}`;
  const [first] = all;
  const message =
    all.length === 1 && first !== undefined
      ? `Apply failed with 1 conflict: conflict with ${named(first.owner)}: ${first.field}`
      : `Apply failed with ${all.length} conflicts: ` +
        contested
          .map(({ owner, keys }) => {
            const fields = keys.map((key) => said(pathOf(key)));
            return fields.length === 1
              ? `conflict with ${named(owner)}: ${fields[0]}`
              : `conflicts with ${named(owner)}:\n${fields.map((field) => `- ${field}`).join('\n')}`;
          })
          .join('\n');
  return new ApiError(409, 'Conflict', message, {});
}
