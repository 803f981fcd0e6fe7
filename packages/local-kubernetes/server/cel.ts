import { type CelInput, type CelValue, celEnv, isCelError, isCelList, isCelMap, parse, plan } from '@bufbuild/cel';
import { isRecord } from '../object.ts';

/** Values by their name in an expression. */
export type Bindings = Readonly<Record<string, CelInput>>;

const environment = celEnv();
const plans = new Map<string, ReturnType<typeof plan>>();

/**
 * Evaluates an expression of the Common Expression Language, without Kubernetes' own functions.
 *
 * @throws Error if the text is not an expression, or its evaluation fails
 */
export function evaluate(expression: string, bindings: Bindings): CelValue {
  const known = plans.get(expression) ?? plan(environment, parse(expression));
  plans.set(expression, known);
  const result = known(bindings);
  if (isCelError(result)) throw new Error(result.message);
  return result;
}

/** JSON as the API server passes it to an expression: whole numbers are `int`, not `double`. */
export function celValue(json: unknown): CelInput {
  if (json === null || typeof json === 'string' || typeof json === 'boolean') return json;
  if (typeof json === 'number') return Number.isInteger(json) ? BigInt(json) : json;
  if (Array.isArray(json)) return json.map(celValue);
  if (isRecord(json)) {
    const fields = Object.entries(json).filter(([, value]) => value !== undefined);
    return new Map(fields.map(([key, value]) => [key, celValue(value)]));
  }
  throw new Error(`CEL has no value for ${typeof json}`);
}

/** A result as the value of another expression's variable. */
export function celInput(value: CelValue): CelInput {
  if (isCelList(value)) return [...value].map(celInput);
  if (isCelMap(value)) return new Map([...value].map(([key, one]) => [key, celInput(one)]));
  return value as CelInput;
}
