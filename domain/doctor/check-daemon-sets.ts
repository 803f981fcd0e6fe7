import { blockedDaemonSets } from '../daemon-sets.ts';
import type { Diagnosis, Finding } from '../findings.ts';
import { poolLabel } from '../kubernetes.ts';
import type { Standard } from './standard.ts';
import { at, listAt, textAt } from './templates/read.ts';

/**
 * Finds DaemonSets that would have a pod on nodes of the pools and do not tolerate the gate.
 *
 * @param objects every DaemonSet of the cluster
 */
export function checkDaemonSets(objects: readonly unknown[], context: string, { gate, versions }: Standard): Diagnosis {
  const daemonSets = objects.map((object) => ({
    name: `${textAt(object, 'metadata', 'namespace')}/${textAt(object, 'metadata', 'name')}`,
    nodeSelector: Object(at(object, 'spec', 'template', 'spec', 'nodeSelector')) as Readonly<Record<string, string>>,
    tolerations: listAt(object, 'spec', 'template', 'spec', 'tolerations').map(Object),
  }));
  const names = Object.keys(versions).flatMap((runtime) =>
    ['amd64', 'arm64'].flatMap((arch) => {
      const labels = { [poolLabel]: runtime, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': arch };
      return blockedDaemonSets(daemonSets, { labels }, gate);
    }),
  );
  const findings = [...new Set(names)].map((name): Finding => {
    const field = 'spec.template.spec.tolerations';
    return {
      code: 'AL0016',
      resource: `DaemonSet ${name} in ${context}`,
      field,
      seen: `none tolerates ${gate}`,
      values: { gate },
    };
  });
  return { checked: daemonSets.map(({ name }) => `DaemonSet ${name} in ${context}`), findings, notChecked: [] };
}
