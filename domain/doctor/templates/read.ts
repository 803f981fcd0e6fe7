/** One step into an object; undefined if there is no such field. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let found = value;
  for (const step of path) found = typeof found === 'object' && found !== null ? Reflect.get(found, step) : undefined;
  return found;
}

/** The elements of a list; empty if the value is not a list. */
export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** A text; undefined if the value is none. Numbers and booleans count by their text, as YAML reads them. */
export function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  const found = at(value, ...path);
  return ['string', 'number', 'boolean'].includes(typeof found) ? String(found) : undefined;
}

/** The keys of the taints in a list that have the effect NoSchedule, as Kubernetes and EKS write it. */
export function gatingKeys(taints: readonly unknown[]): readonly string[] {
  return taints
    .filter((taint) => /^no_?schedule$/i.test(textAt(taint, 'effect') ?? textAt(taint, 'Effect') ?? ''))
    .flatMap((taint) => textAt(taint, 'key') ?? textAt(taint, 'Key') ?? []);
}

/** Whether an instance type or size is bare metal: `metal`, `m7i.metal-24xl`. */
export function isMetal(type: string): boolean {
  return /(^|\.)metal(-\w+)?$/.test(type);
}
