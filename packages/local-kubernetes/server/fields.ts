import { isRecord } from '../object.ts';

/**
 * The steps to a field, as FieldsV1 writes them: `f:name`, `k:{"name":"x"}` for an item with a key, `v:"x"` for a
 * member of a set.
 */
export type Path = readonly string[];

/** Fields with their values. */
export type Fields = ReadonlyMap<string, unknown>;

/**
 * How a kind's fields are owned if not field by field (maps) and as a whole (lists): the markers in its OpenAPI schema.
 */
interface Marks {
  /** `x-kubernetes-map-type: atomic`. */
  readonly atomic?: readonly string[];
  /** `x-kubernetes-list-type: map`, with its key. */
  readonly keyed?: Readonly<Record<string, string>>;
  /** `x-kubernetes-list-type: set`. */
  readonly sets?: readonly string[];
}

const binding: Marks = { atomic: ['roleRef'] };
const marks: Readonly<Record<string, Marks>> = {
  ClusterRoleBinding: binding,
  RoleBinding: binding,
  RuntimeClass: { atomic: ['scheduling.nodeSelector'] },
  ValidatingAdmissionPolicy: {
    atomic: ['spec.matchConstraints'],
    keyed: { 'spec.matchConditions': 'name', 'spec.variables': 'name' },
  },
  ValidatingAdmissionPolicyBinding: { sets: ['spec.validationActions'] },
};

/** The metadata that a manager can own. The server owns the rest, or it identifies the object. */
const ownable = ['annotations', 'labels'];

/** The key of a path in a set of fields. */
export function keyOf(path: Path): string {
  return path.join('\n');
}

/** The path for a key from {@link keyOf}. */
export function pathOf(key: string): Path {
  return key.split('\n');
}

/** Every field of an object that a manager can own, with its value. */
export function fieldsOf(kind: string, object: object): Fields {
  const found = new Map<string, unknown>();
  const walk = (value: unknown, steps: Path, at: string): void => {
    const { atomic = [], keyed = {}, sets = [] } = marks[kind] ?? {};
    const key = keyed[at];
    if (Array.isArray(value) && key !== undefined) {
      for (const item of value) walk(item, [...steps, `k:${JSON.stringify({ [key]: item[key] })}`], `${at}[]`);
    } else if (Array.isArray(value) && sets.includes(at)) {
      for (const item of value) found.set(keyOf([...steps, `v:${JSON.stringify(item)}`]), item);
    } else if (isRecord(value) && !atomic.includes(at)) {
      for (const [name, one] of Object.entries(value)) {
        if (one !== undefined) walk(one, [...steps, `f:${name}`], at === '' ? name : `${at}.${name}`);
      }
    } else {
      found.set(keyOf(steps), value);
    }
  };
  const { apiVersion: _version, kind: _kind, metadata, status: _status, ...rest } = object as Record<string, unknown>;
  walk(rest, [], '');
  for (const name of ownable) {
    const value = isRecord(metadata) ? metadata[name] : undefined;
    if (value !== undefined) walk(value, ['f:metadata', `f:${name}`], `metadata.${name}`);
  }
  return found;
}

type Draft = Record<string, unknown> | unknown[];

/** Sets a value at a path and creates what is missing on the way. */
export function put(draft: Draft, [step = '', ...rest]: Path, value: unknown): void {
  if (step.startsWith('v:')) {
    if (Array.isArray(draft) && !draft.includes(value)) draft.push(value);
    return;
  }
  if (step.startsWith('k:')) {
    const key = JSON.parse(step.slice(2)) as Record<string, unknown>;
    const list = draft as Record<string, unknown>[];
    const item = list.find((one) => isItem(one, key)) ?? { ...key };
    if (!list.includes(item)) list.push(item);
    put(item, rest, value);
    return;
  }
  const record = draft as Record<string, unknown>;
  const name = step.slice(2);
  if (rest.length === 0) {
    record[name] = value;
    return;
  }
  record[name] ??= rest[0]?.startsWith('f:') ? {} : [];
  put(record[name] as Draft, rest, value);
}

/** Removes a field, and the parents that it leaves empty. */
export function drop(draft: Draft, [step = '', ...rest]: Path): void {
  if (Array.isArray(draft)) {
    const key = step.startsWith('k:') ? (JSON.parse(step.slice(2)) as Record<string, unknown>) : undefined;
    const at = draft.findIndex((one) => (key === undefined ? JSON.stringify(one) === step.slice(2) : isItem(one, key)));
    if (at < 0) return;
    const item = draft[at] as Draft;
    if (key !== undefined) drop(item, rest);
    if (key === undefined || isEmpty(item)) draft.splice(at, 1);
    return;
  }
  const name = step.slice(2);
  const inner = draft[name];
  if (inner === undefined) return;
  if (rest.length > 0) drop(inner as Draft, rest);
  if (rest.length === 0 || isEmpty(inner)) delete draft[name];
}

function isItem(item: unknown, key: Readonly<Record<string, unknown>>): boolean {
  return isRecord(item) && Object.entries(key).every(([name, value]) => item[name] === value);
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

/** A set of fields in the form of FieldsV1. */
export function toFieldsV1(keys: Iterable<string>): Readonly<Record<string, unknown>> {
  const tree: Record<string, unknown> = {};
  for (const key of keys) {
    let at = tree;
    for (const step of pathOf(key)) {
      at[step] ??= step.startsWith('k:') ? { '.': {} } : {};
      at = at[step] as Record<string, unknown>;
    }
  }
  return tree;
}

/** The inverse of {@link toFieldsV1}. */
export function fromFieldsV1(tree: unknown, steps: Path = []): readonly string[] {
  const entries = isRecord(tree) ? Object.entries(tree).filter(([step]) => step !== '.') : [];
  if (entries.length === 0) return steps.length === 0 ? [] : [keyOf(steps)];
  return entries.flatMap(([step, inner]) => fromFieldsV1(inner, [...steps, step]));
}

/** A path as the server names it in a conflict: `.spec.variables[name="x"].expression`. */
export function said(path: Path): string {
  return path
    .map((step) => {
      if (step.startsWith('f:')) return `.${step.slice(2)}`;
      if (step.startsWith('v:')) return `[=${step.slice(2)}]`;
      const [[name, value] = []] = Object.entries(JSON.parse(step.slice(2)));
      return `[${name}=${JSON.stringify(value)}]`;
    })
    .join('');
}
