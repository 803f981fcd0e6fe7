import type { Diagnosis, Finding } from '../findings.ts';
import type { Pools } from '../pools.ts';

/** The pools of `airlock.yaml` that no pool has the name of, with their places. */
export interface UnknownPool {
  readonly name: string;
  readonly field: string;
}

/** Lists the pools of `airlock.yaml` that are not among some names. */
export function listUnknownPools({ pools }: Pools, known: readonly (string | undefined)[]): readonly UnknownPool[] {
  return pools.flatMap(({ name }, at) => (known.includes(name) ? [] : [{ name, field: `pools.${at}.name` }]));
}

/** Finds pools of `airlock.yaml` whose settings hold for no node: pools get their names from their instances' tags. */
export function checkPoolNames(pools: Pools, known: readonly (string | undefined)[]): Diagnosis {
  const names = [...new Set(known.filter((name) => name !== undefined && name !== ''))].toSorted();
  const seen = names.length === 0 ? 'no pool was found' : `the pools are ${names.join(', ')}`;
  const findings = listUnknownPools(pools, known).map(
    ({ name, field }): Finding => ({ code: 'AL0039', resource: `pool ${name} in airlock.yaml`, field, seen }),
  );
  return { checked: [], findings, notChecked: [] };
}
