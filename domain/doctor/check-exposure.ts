import { describeAdvisory, isAtLeast, type Severity } from '../advisories.ts';
import { type AdvisoryExposure, nodesIn } from '../exposure.ts';
import type { Diagnosis, Finding, NotChecked } from '../findings.ts';

/**
 * Finds pools whose nodes an advisory affects that withdraws versions. A node that is not known counts as not looked
 * at.
 *
 * @param least the least severity that withdraws a version
 */
export function checkExposure(exposures: readonly AdvisoryExposure[], least: Severity): Diagnosis {
  const severe = exposures.filter(({ advisory }) => isAtLeast(advisory.severity, least));
  const findings = severe.flatMap(({ runtime, advisory, pools }) =>
    pools.flatMap(({ cluster, pool, nodes }): Finding[] => {
      const count = nodes.affected.length + nodes['old-sandboxes'].length;
      if (count === 0) return [];
      const seen = `${count} ${count === 1 ? 'node has' : 'nodes have'} an affected ${runtime}: ${describeAdvisory(advisory)}`;
      const resource = `pool ${pool || '(no launch)'} in ${cluster}`;
      return [{ code: 'AL0038', resource, field: 'version', seen, values: { advisory: advisory.id } }];
    }),
  );
  const unknown = new Set(severe.flatMap((one) => nodesIn(one, 'unknown').map(({ instanceId }) => instanceId)));
  const [first] = unknown;
  const reason = `no proof of their version or configuration holds, for instance on ${first}`;
  const notChecked: NotChecked[] =
    first === undefined ? [] : [{ codes: ['AL0038'], resource: `${unknown.size} nodes`, reason }];
  return { checked: severe.map(({ advisory }) => `advisory ${advisory.id}`), findings, notChecked };
}
