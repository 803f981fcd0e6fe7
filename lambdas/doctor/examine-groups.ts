import { poolCodes } from '../../domain/doctor/check-pool.ts';
import { look } from '../../domain/doctor/look.ts';
import type { Standard } from '../../domain/doctor/standard.ts';
import { awsOutputPools } from '../../domain/doctor/templates/aws-output.ts';
import { isAirlockPool, type PoolTemplate } from '../../domain/doctor/templates/template.ts';
import type { Diagnosis } from '../../domain/findings.ts';
import { asked } from './asked.ts';
import { roleCodes } from './examine-roles.ts';
import type { FleetReader } from './ports.ts';

/** Some pools, and why others could not be read. */
export interface FoundPools {
  readonly pools: readonly PoolTemplate[];
  readonly unread: Diagnosis;
}

const nothing: Diagnosis = { checked: [], findings: [], notChecked: [] };

/** Reads Airlock's Auto Scaling groups and managed node groups in the account. */
export async function readGroups(reader: FleetReader, { clusters, gate }: Standard): Promise<FoundPools> {
  let pools: readonly PoolTemplate[] = [];
  const unread = await look([...poolCodes, ...roleCodes], 'Auto Scaling groups and managed node groups', async () => {
    const documents = await asked(reader.groups(clusters.map(({ name }) => name)));
    pools = awsOutputPools(documents).filter((pool) => isAirlockPool(pool, gate));
    return nothing;
  });
  return { pools, unread };
}
