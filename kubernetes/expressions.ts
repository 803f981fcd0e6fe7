/**
 * What a policy says of one field: `free` is the server's or a plugin's to fill in, `absent` must not be there, anything else is an
 * expression in CEL in which `it` stands for the field.
 */
export type Rule = 'free' | 'absent' | { readonly holds: string };

/** A rule for every field of a type: a field that the API gains has to be thought about before this compiles. */
export type Shape<T> = Readonly<Record<keyof T & string, Rule>>;

/** A list of texts as CEL writes one. */
export function texts(values: readonly string[]): string {
  return `[${values.map((value) => JSON.stringify(value)).join(', ')}]`;
}

/** A field that may be missing, with what stands for it then. */
export function orElse(field: string, otherwise: string): string {
  return `has(${field}) ? ${field} : ${otherwise}`;
}

/** The names of those fields that differ between two states of an object, as a list. */
export function changed(now: string, before: string, fields: readonly string[]): string {
  return sum(
    fields.map((field) => {
      const [one, other] = [`${now}.${field}`, `${before}.${field}`];
      return [field, `has(${one}) == has(${other}) && (!has(${one}) || ${one} == ${other})`];
    }),
  );
}

/**
 * The names of those fields of an object that break its shape, as a list.
 *
 * @param path where the object is, for instance `object.spec`
 * @param name how messages call it, for instance `spec.`
 */
export function misshapen<T>(path: string, name: string, shape: Shape<T>): string {
  const rules = Object.entries<Rule>(shape).filter(([, rule]) => rule !== 'free');
  return sum(
    rules.map(([field, rule]) => {
      const at = `${path}.${field}`;
      return [`${name}${field}`, typeof rule === 'object' ? rule.holds.replaceAll(/\bit\b/g, at) : `!has(${at})`];
    }),
  );
}

/** A list with the names of what does not hold. */
function sum(parts: readonly (readonly [name: string, holds: string])[]): string {
  return parts.map(([name, holds]) => `(${holds} ? [] : ['${name}'])`).join(' +\n');
}
