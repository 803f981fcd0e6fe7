import { PolicyError } from './policy-error.ts';

/** A request's context: keys in lower case, every value a list. */
export type Context = ReadonlyMap<string, readonly string[]>;

const variable = /\$\{([^}]*)\}/g;

/**
 * Rejects policy variables other than a plain condition key, `${*}`, `${?}` and `${$}`.
 *
 * @throws PolicyError that names the variable
 */
export function checkVariables(text: string): void {
  for (const [whole, name = ''] of text.matchAll(variable)) {
    if (['*', '?', '$'].includes(name) || /^[a-zA-Z0-9-]+:[^,'\s]+$/.test(name)) continue;
    throw new PolicyError(
      `the policy variable ${whole} is not known here; accepted: a condition key, \${*}, \${?} or \${$}`,
    );
  }
}

/**
 * Inserts the values of policy variables into a pattern. Source: IAM User Guide, "IAM policy elements: Variables and
 * tags": a variable without a value makes the statement not match.
 *
 * @returns `undefined` if a variable has no value, or more than one
 */
export function substitute(text: string, context: Context): string | undefined {
  let missing = false;
  const result = text.replace(variable, (_, name: string) => {
    if (['*', '?', '$'].includes(name)) return name;
    const values = context.get(name.toLowerCase());
    if (values?.length !== 1) missing = true;
    return values?.[0] ?? '';
  });
  return missing ? undefined : result;
}
