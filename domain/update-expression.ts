import type { Change } from './ledger-change.ts';

/** The name at the start of a text. */
type FirstName<Text extends string> = Text extends `${infer Start} ${string}`
  ? FirstName<Start>
  : Text extends `${infer Start})${string}`
    ? FirstName<Start>
    : Text;

/** The names of the values in a condition. */
type ConditionValue<Condition> = Condition extends `${string}:${infer Rest}`
  ? FirstName<Rest> | ConditionValue<Rest>
  : never;

type ValueName<C> =
  | (C extends { readonly condition: infer Condition } ? ConditionValue<Condition> : never)
  | (C extends { readonly set: readonly (infer Name extends string)[] } ? Name : never)
  | (C extends { readonly keep: readonly (infer Name extends string)[] } ? Name : never)
  | (C extends { readonly add: readonly (infer Name extends string)[] } ? Name : never);

/** The values that a change needs from its caller. */
export type ChangeValues<C extends Change> = {
  readonly [Name in Exclude<ValueName<C>, C extends { readonly fixed: infer Fixed } ? keyof Fixed : never>]: unknown;
};

/** A change as parameters of DynamoDB's UpdateItem. */
export interface UpdateParameters {
  readonly ConditionExpression?: string;
  readonly UpdateExpression: string;
  readonly ExpressionAttributeNames: Record<string, string>;
  readonly ExpressionAttributeValues?: Record<string, unknown>;
}

/** The attributes that a change writes. */
export function writtenAttributes({ set = [], keep = [], add = [], remove = [] }: Change): readonly string[] {
  return [...set, ...keep, ...add, ...remove];
}

/** The attributes that a change's condition names. */
export function conditionAttributes({ condition = '' }: Change): readonly string[] {
  return [...condition.matchAll(/#([A-Za-z]+)/g)].map(([, name = '']) => name);
}

/**
 * Renders a change.
 *
 * @param values by name, in the form that the caller's client takes; an attribute whose value is undefined is removed
 */
export function renderUpdate<C extends Change>(change: C, values: ChangeValues<C>): UpdateParameters {
  const { condition, set = [], keep = [], add = [], remove = [], fixed }: Change = change;
  const given = Object.entries({ ...values, ...fixed }).filter(([, value]) => value !== undefined);
  const has = (name: string) => given.some(([other]) => other === name);
  const clauses = {
    SET: [
      ...set.filter(has).map((name) => `#${name} = :${name}`),
      ...keep.map((name) => `#${name} = if_not_exists(#${name}, :${name})`),
    ],
    REMOVE: [...remove, ...set.filter((name) => !has(name))].map((name) => `#${name}`),
    ADD: add.map((name) => `#${name} :${name}`),
  };
  const names = new Set([...writtenAttributes(change), ...conditionAttributes(change)]);
  return {
    ...(condition === undefined ? {} : { ConditionExpression: condition }),
    UpdateExpression: Object.entries(clauses)
      .flatMap(([verb, parts]) => (parts.length === 0 ? [] : [`${verb} ${parts.join(', ')}`]))
      .join(' '),
    ExpressionAttributeNames: Object.fromEntries([...names].map((name) => [`#${name}`, name])),
    ...(given.length === 0
      ? {}
      : { ExpressionAttributeValues: Object.fromEntries(given.map(([name, value]) => [`:${name}`, value])) }),
  };
}
