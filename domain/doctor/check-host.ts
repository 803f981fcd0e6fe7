import type { Diagnosis, Finding } from '../findings.ts';
import { poolLabel } from '../kubernetes.ts';
import { refusalOf } from './check-pool.ts';
import { readNodeInfo } from './image.ts';
import type { Standard } from './standard.ts';
import { at, textAt } from './templates/read.ts';

/**
 * Holds the hosts of running nodes against the catalogue: what their kubelets report decides nothing about a launch,
 * and explains the next one.
 *
 * @param nodes Nodes of the cluster; those without Airlock's pool label do not count
 */
export function checkHosts(nodes: readonly unknown[], context: string, standard: Standard): Diagnosis {
  const findings: Finding[] = [];
  const checked: string[] = [];
  for (const node of nodes) {
    const runtime = textAt(node, 'metadata', 'labels', poolLabel);
    if (runtime === undefined) continue;
    const resource = `Node ${textAt(node, 'metadata', 'name')} in ${context}`;
    checked.push(resource);
    const seen = refusalOf(readNodeInfo(Object(at(node, 'status', 'nodeInfo'))), runtime, standard);
    if (seen !== undefined)
      findings.push({ code: 'AL0023', resource, field: 'status.nodeInfo', seen, values: { runtime } });
  }
  return { checked, findings, notChecked: [] };
}
