/**
 * A policy's rule for one field. `free`: the server or a plugin may fill it in. `absent`: it must not exist. Otherwise:
 * a CEL expression in which `it` is the field.
 */
export type Rule = 'free' | 'absent' | { readonly holds: string };

/** A rule for every field of a type. A field that is new in the API needs a rule before this compiles. */
export type Shape<T> = Readonly<Record<keyof T & string, Rule>>;

/** A list of strings in CEL. */
export function texts(values: readonly string[]): string {
  return `[${values.map((value) => JSON.stringify(value)).join(', ')}]`;
}

/** A field that may be missing, with a default. */
export function orElse(field: string, otherwise: string): string {
  return `has(${field}) ? ${field} : ${otherwise}`;
}

/** The names of the fields that differ between two states of an object, as a list. */
export function findChanges(now: string, before: string, fields: readonly string[]): string {
  return sum(
    fields.map((field) => {
      const [one, other] = [`${now}.${field}`, `${before}.${field}`];
      return [field, `has(${one}) == has(${other}) && (!has(${one}) || ${one} == ${other})`];
    }),
  );
}

/**
 * The names of the fields of an object that violate its shape, as a list.
 *
 * @param path where the object is, for instance `object.spec`
 * @param name the prefix in messages, for instance `spec.`
 */
export function findViolations<T>(path: string, name: string, shape: Shape<T>): string {
  const rules = Object.entries<Rule>(shape).filter(([, rule]) => rule !== 'free');
  return sum(
    rules.map(([field, rule]) => {
      const at = `${path}.${field}`;
      return [`${name}${field}`, typeof rule === 'object' ? rule.holds.replaceAll(/\bit\b/g, at) : `!has(${at})`];
    }),
  );
}

/** A list of the names whose expression is false. */
function sum(parts: readonly (readonly [name: string, holds: string])[]): string {
  return parts.map(([name, holds]) => `(${holds} ? [] : ['${name}'])`).join(' +\n');
}
