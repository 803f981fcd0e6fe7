import { at } from './templates/read.ts';

/** Values that the API server fills in if a manifest leaves the field out. */
const serverDefaults: Readonly<Record<string, unknown>> = {
  namespaceSelector: {},
  objectSelector: {},
  matchPolicy: 'Equivalent',
  scope: '*',
  finalizers: ['kubernetes'],
};

/**
 * Where an object in the cluster differs from the manifest that Airlock renders. Other labels, the status and the
 * server's defaults do not count.
 *
 * @returns the path of the first difference, for instance `spec.validations[0].expression`; undefined if there is none
 */
export function differenceOf(manifest: object, live: object): string | undefined {
  const [wanted, seen] = [manifest, live].map(contentOf);
  const labels = Object.entries(labelsOf(manifest)).find(([key, value]) => labelsOf(live)[key] !== value);
  return labels === undefined ? compare(wanted, seen, '') : `metadata.labels.${labels[0]}`;
}

function labelsOf(object: object): Readonly<Record<string, unknown>> {
  return Object(at(object, 'metadata', 'labels'));
}

/** What is compared as a whole. The items of a list have no version and kind. */
function contentOf(object: object): Readonly<Record<string, unknown>> {
  const left = ['apiVersion', 'kind', 'metadata', 'status'];
  return Object.fromEntries(Object.entries(object).filter(([key]) => !left.includes(key)));
}

function compare(wanted: unknown, seen: unknown, path: string): string | undefined {
  if (Array.isArray(wanted)) {
    if (!Array.isArray(seen) || seen.length !== wanted.length) return path;
    return first(wanted.map((one, index) => compare(one, seen[index], `${path}[${index}]`)));
  }
  if (isObject(wanted)) {
    if (!isObject(seen)) return path;
    const inside = (key: string) => (path === '' ? key : `${path}.${key}`);
    const differing = Object.entries(wanted).map(([key, value]) => compare(value, seen[key], inside(key)));
    const added = Object.entries(seen).map(([key, value]) => {
      return key in wanted || isDefault(key, value) ? undefined : inside(key);
    });
    return first([...differing, ...added]);
  }
  return wanted === seen ? undefined : path;
}

/** A group of fields may hold nothing but defaults. */
function isDefault(key: string, value: unknown): boolean {
  if (key in serverDefaults) return JSON.stringify(serverDefaults[key]) === JSON.stringify(value);
  return isObject(value) && Object.entries(value).every(([inner, one]) => isDefault(inner, one));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function first(paths: readonly (string | undefined)[]): string | undefined {
  return paths.find((path) => path !== undefined);
}
