import { type Diagnosis, joinDiagnoses } from '../findings.ts';
import { checkPool } from './check-pool.ts';
import type { Standard } from './standard.ts';
import { type FoundObject, karpenterPool } from './templates/karpenter.ts';
import { textAt } from './templates/read.ts';
import { isAirlockPool, type PoolTemplate } from './templates/template.ts';

/** Looks at those of the pools that are Airlock's. */
export function examinePools(pools: readonly PoolTemplate[], standard: Standard): Diagnosis {
  const own = pools.filter((pool) => isAirlockPool(pool, standard.gate));
  return joinDiagnoses(own.map((pool) => checkPool(pool, standard)));
}

/** Karpenter's pools among some objects, each with its node class. */
export function karpenterPools(
  nodePools: readonly FoundObject[],
  nodeClasses: readonly FoundObject[],
  { clusters: named }: Standard,
) {
  const clusters = named.map(({ name }) => name);
  return nodePools.map((pool) => {
    const wanted = textAt(pool.object, 'spec', 'template', 'spec', 'nodeClassRef', 'name');
    const nodeClass = nodeClasses.find(({ object }) => textAt(object, 'metadata', 'name') === wanted);
    return karpenterPool(pool, nodeClass, clusters);
  });
}
