import { matches, matchesArn } from './pattern.ts';
import { PolicyError } from './policy-error.ts';
import { type Context, checkVariables, substitute } from './variables.ts';

type Compare = (policy: string, request: string) => boolean;

interface Operator {
  readonly compare: Compare;
  /** A negated operator matches if no policy value matches, and if the key is absent. */
  readonly negated: boolean;
}

const positive = (compare: Compare): Operator => ({ compare, negated: false });
const negative = (compare: Compare): Operator => ({ compare, negated: true });

const equal: Compare = (policy, request) => policy === request;
const equalIgnoringCase: Compare = (policy, request) => policy.toLowerCase() === request.toLowerCase();

/**
 * Source: IAM User Guide, "IAM JSON policy elements: Condition operators". Operators for numbers, dates, addresses and
 * bytes are missing.
 */
const operators: Readonly<Record<string, Operator>> = {
  StringEquals: positive(equal),
  StringNotEquals: negative(equal),
  StringLike: positive(matches),
  StringNotLike: negative(matches),
  Bool: positive(equalIgnoringCase),
  ArnEquals: positive(matchesArn),
  ArnLike: positive(matchesArn),
  ArnNotEquals: negative(matchesArn),
  ArnNotLike: negative(matchesArn),
};

/**
 * Keys with several values in one request (`ArrayOf…` in the Service Authorization Reference). AWS does not define what
 * a plain operator means for them, so a policy that uses one is refused. Source: IAM User Guide, "Multivalued context
 * keys".
 */
const multivalued: ReadonlySet<string> = new Set([
  'aws:calledvia',
  'aws:principalorgpaths',
  'aws:principalservicenameslist',
  'aws:resourceorgpaths',
  'aws:sourceorgpaths',
  'aws:tagkeys',
  'dynamodb:attributes',
  'dynamodb:leadingkeys',
  'events:detail-type',
  'events:source',
]);

/** A test of one key. */
export type Condition = (context: Context) => boolean;

/**
 * Compiles one entry of a Condition block.
 *
 * @param name for instance `StringEquals`, `ArnLikeIfExists` or `ForAnyValue:StringLike`
 * @param key in any case
 * @throws PolicyError for an unknown operator
 */
export function condition(name: string, key: string, values: readonly string[]): Condition {
  for (const value of values) checkVariables(value);
  const [, set, base = '', ifExists] = /^(?:(ForAllValues|ForAnyValue):)?(.*?)(IfExists)?$/.exec(name) ?? [];
  const lower = key.toLowerCase();
  if (base === 'Null' && set === undefined && ifExists === undefined) {
    return (context) => values.some((value) => value.toLowerCase() === String(!context.has(lower)));
  }
  const operator = operators[base];
  if (operator === undefined) throw new PolicyError(`the condition operator ${name} is not known here`);
  if (set === undefined && multivalued.has(lower)) {
    throw new PolicyError(
      `the condition key ${key} has many values: ${name} does not say which of them count; accepted: ForAllValues:${name} or ForAnyValue:${name}`,
    );
  }
  return (context) => {
    const request = context.get(lower);
    if (request === undefined && ifExists !== undefined) return true;
    if (set === undefined && request !== undefined && request.length > 1) {
      throw new PolicyError(
        `the request has ${request.length} values for ${key}, which ${name} cannot be held against`,
      );
    }
    return hold(operator, set, values, request, context);
  };
}

function hold(
  { compare, negated }: Operator,
  set: string | undefined,
  values: readonly string[],
  request: readonly string[] | undefined,
  context: Context,
): boolean {
  const patterns = values.map((value) => substitute(value, context)).filter((value) => value !== undefined);
  const one = (text: string) => patterns.some((pattern) => compare(pattern, text)) !== negated;
  if (set === 'ForAllValues') return (request ?? []).every(one);
  if (set === 'ForAnyValue') return (request ?? []).some(one);
  if (request === undefined) return negated;
  return request.every(one);
}
