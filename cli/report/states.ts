import type { RunRecord } from '../../domain/ledger.ts';

/** How a run stands: `under way`, or how it ended. */
export function stateOf({ ending }: RunRecord): string {
  return ending ?? 'under way';
}

/** What a run was asked for, `<runtime>@<version>`; empty if it was nothing that is configured. */
export function nameOfRequest({ request }: RunRecord): string {
  return request === undefined ? '' : `${request.runtime}@${request.version}`;
}

/** How many values have each key. */
export function countBy<T>(values: readonly T[], keyOf: (value: T) => string): Record<string, number> {
  return Object.fromEntries([...Map.groupBy(values, keyOf)].map(([key, group]) => [key, group.length]));
}
