import { describeAdvisory, isAtLeast, type Severity } from '../advisories.ts';
import { type AdvisoryExposure, type FleetNode, isPinned, nodesIn } from '../exposure.ts';
import type { Diagnosis, Finding, FindingCode, NotChecked } from '../findings.ts';
import type { Deadline } from '../rollout/settings.ts';
import { runtimeTag } from '../tags.ts';

/** The codes that a look at the fleet's versions can find. */
export const exposureCodes: readonly FindingCode[] = ['AL0038', 'AL0040'];

/**
 * Finds pools whose nodes an advisory affects that withdraws versions, and apart from them those whose tag keeps the
 * version. A node that is not known counts as not looked at.
 *
 * @param least the least severity that withdraws a version
 * @param deadlines when advisories have to be fixed
 */
export function checkExposure(
  exposures: readonly AdvisoryExposure[],
  least: Severity,
  deadlines: readonly Pick<Deadline, 'id' | 'runtime' | 'due'>[] = [],
): Diagnosis {
  const severe = exposures.filter(({ advisory }) => isAtLeast(advisory.severity, least));
  const findings = severe.flatMap(({ runtime, advisory, pools }) =>
    pools.flatMap(({ cluster, pool, nodes }): Finding[] => {
      const all = [...nodes.affected, ...nodes['old-sandboxes']];
      const pinned = nodes.affected.filter(isPinned);
      const moved = all.length - pinned.length;
      const due = deadlines.find((one) => one.id === advisory.id && one.runtime === runtime)?.due;
      const because = `${describeAdvisory(advisory)}${due === undefined ? '' : `, due ${due.slice(0, 10)}`}`;
      const resource = `pool ${pool || '(no launch)'} in ${cluster}`;
      const values = { advisory: advisory.id, runtime };
      const seen = `${moved} ${moved === 1 ? 'node has' : 'nodes have'} an affected ${runtime}: ${because}`;
      return [
        ...(moved === 0 ? [] : [{ code: 'AL0038' as const, resource, field: 'version', seen, values }]),
        ...(pinned.length === 0
          ? []
          : [{ code: 'AL0040' as const, resource, field: runtimeTag, seen: `${pinsOf(pinned)}: ${because}`, values }]),
      ];
    }),
  );
  const unknown = new Set(severe.flatMap((one) => nodesIn(one, 'unknown').map(({ instanceId }) => instanceId)));
  const [first] = unknown;
  const reason = `no proof of their version or configuration holds, for instance on ${first}`;
  const notChecked: NotChecked[] =
    first === undefined ? [] : [{ codes: exposureCodes, resource: `${unknown.size} nodes`, reason }];
  return { checked: severe.map(({ advisory }) => `advisory ${advisory.id}`), findings, notChecked };
}

/** The tags of some nodes, each with how many have it. */
function pinsOf(nodes: readonly FleetNode[]): string {
  const byTag = [...Map.groupBy(nodes, ({ pin }) => pin)];
  return byTag.map(([pin, own]) => `${own.length} ${own.length === 1 ? 'node has' : 'nodes have'} ${pin}`).join(', ');
}
