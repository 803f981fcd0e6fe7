import type { ContextEntry } from '@aws-sdk/client-iam';

/** One right in a policy, as a question to IAM: an action on a resource, with values that satisfy its conditions. */
export interface Grant {
  readonly action: string;
  readonly resource: string;
  readonly context: readonly ContextEntry[];
  /** The context with one value too many in a multivalued key; absent if no condition uses such a key. */
  readonly excess?: readonly ContextEntry[];
}

interface Statement {
  readonly Effect: string;
  readonly Action?: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** Lists every right in a policy document. A `*` within an ARN becomes a name; a `*` by itself stays. */
export function grantsOf(document: string): Grant[] {
  const { Statement } = JSON.parse(document) as { Statement: Statement | readonly Statement[] };
  return listOf(Statement)
    .filter(({ Effect }) => Effect === 'Allow')
    .flatMap(({ Action = [], Resource = [], Condition = {} }) => {
      // Another operator gives a value to the key that Null checks.
      const context = Object.entries(Condition).flatMap(([operator, keys]) =>
        operator === 'Null' ? [] : Object.entries(keys).map(([key, values]) => entry(operator, key, listOf(values))),
      );
      const many = context.some(({ ContextKeyType }) => ContextKeyType === 'stringList');
      return listOf(Action).flatMap((action) =>
        listOf(Resource).map((resource) => ({
          action,
          resource: resource === '*' ? resource : concrete(resource),
          context,
          ...(many ? { excess: context.map(exceed) } : {}),
        })),
      );
    });
}

/** One key with values that satisfy its condition. */
function entry(operator: string, ContextKeyName: string, values: readonly string[]): ContextEntry {
  const many = /^For(All|Any)Values?:/.test(operator);
  return {
    ContextKeyName,
    ContextKeyType: many ? 'stringList' : 'string',
    ContextKeyValues: (many ? values : values.slice(0, 1)).map(concrete),
  };
}

function exceed(one: ContextEntry): ContextEntry {
  if (one.ContextKeyType !== 'stringList') return one;
  return { ...one, ContextKeyValues: [...(one.ContextKeyValues ?? []), 'foreign'] };
}

function concrete(pattern: string): string {
  return pattern.replaceAll('*', 'some');
}

function listOf<Value>(value: Value | readonly Value[]): readonly Value[] {
  return Array.isArray(value) ? (value as readonly Value[]) : [value as Value];
}
