import type { ContextEntry } from '@aws-sdk/client-iam';

/** One right of a policy, as a question to IAM: an action on a resource, and what its conditions want to see. */
export interface Grant {
  readonly action: string;
  readonly resource: string;
  readonly context: readonly ContextEntry[];
}

interface Statement {
  readonly Effect: string;
  readonly Action?: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** Reads every single right out of a policy document. A `*` within an ARN stands for some name; alone it stays what it is. */
export function grantsOf(document: string): Grant[] {
  const { Statement } = JSON.parse(document) as { Statement: Statement | readonly Statement[] };
  return listOf(Statement)
    .filter(({ Effect }) => Effect === 'Allow')
    .flatMap(({ Action = [], Resource = [], Condition = {} }) => {
      const context = Object.values(Condition).flatMap((keys) =>
        Object.entries(keys).map(
          ([ContextKeyName, values]): ContextEntry => ({
            ContextKeyName,
            ContextKeyType: 'string',
            ContextKeyValues: [concrete(listOf(values)[0] ?? '')],
          }),
        ),
      );
      return listOf(Action).flatMap((action) =>
        listOf(Resource).map((resource) => ({
          action,
          resource: resource === '*' ? resource : concrete(resource),
          context,
        })),
      );
    });
}

function concrete(pattern: string): string {
  return pattern.replaceAll('*', 'some');
}

function listOf<Value>(value: Value | readonly Value[]): readonly Value[] {
  return Array.isArray(value) ? (value as readonly Value[]) : [value as Value];
}
