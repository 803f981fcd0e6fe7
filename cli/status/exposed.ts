import { isAtLeast, type Severity } from '../../domain/advisories.ts';
import { type AdvisoryExposure, isPinned, nodesIn } from '../../domain/exposure.ts';
import type { Fleet } from './fleet.ts';

/**
 * The advisories that affect nodes of a fleet, each with the pools, and those that withdraw versions and could affect
 * nodes that are not known.
 *
 * @param least the least severity that withdraws a version
 */
export function listExposed(exposures: readonly AdvisoryExposure[], least: Severity): Fleet['exposed'] {
  return exposures.flatMap((exposure) => {
    const { runtime, advisory, pools } = exposure;
    const affected = nodesIn(exposure, 'affected', 'old-sandboxes').length;
    const pinned = nodesIn(exposure, 'affected').filter(isPinned).length;
    const unknown = nodesIn(exposure, 'unknown').length;
    const withdraws = isAtLeast(advisory.severity, least);
    if (affected === 0 && !(withdraws && unknown > 0)) return [];
    const open = pools.filter(
      ({ nodes }) => nodes.affected.length + nodes['old-sandboxes'].length + nodes.unknown.length > 0,
    );
    const { id, severity } = advisory;
    const names = open.map(({ cluster, pool }) => `${cluster} ${pool}`);
    return [{ id, runtime, severity, withdraws, affected, pinned, unknown, pools: names }];
  });
}
