import type { Diagnosis, Finding, FindingCode } from '../findings.ts';
import { poolLabel } from '../kubernetes.ts';
import { runtimes, runtimeTraits } from '../runtimes.ts';
import { isTolerated, type Toleration } from '../tolerations.ts';
import type { FoundObject } from './templates/karpenter.ts';
import { at, listAt, textAt } from './templates/read.ts';

/** The codes that a look at RuntimeClasses can find. */
export const runtimeClassCodes: readonly FindingCode[] = ['AL0012', 'AL0013'];

/**
 * Checks the RuntimeClasses of Airlock's runtimes and ignores others.
 *
 * @param objects RuntimeClasses, with where each was found
 * @param gate the key of the gate
 */
export function checkRuntimeClasses(objects: readonly FoundObject[], gate: string): Diagnosis {
  const findings: Finding[] = [];
  const checked: string[] = [];
  for (const { object, source } of objects) {
    const name = textAt(object, 'metadata', 'name') ?? '';
    const runtime = runtimes.find((one) => runtimeTraits[one].runtimeClass === name);
    if (runtime === undefined) continue;
    const resource = `RuntimeClass ${name} in ${source}`;
    checked.push(resource);
    const values = { gate, runtime };
    const selector = Object(at(object, 'scheduling', 'nodeSelector')) as Readonly<Record<string, unknown>>;
    const foreign = Object.entries(selector).filter(([key, value]) => key !== poolLabel || value !== runtime);
    if (foreign.length > 0) {
      const seen = `has ${foreign.map(([key, value]) => `${key}: ${value}`).join(', ')}`;
      findings.push({ code: 'AL0012', resource, field: 'scheduling.nodeSelector', seen, values });
    }
    if (isTolerated(gate, listAt(object, 'scheduling', 'tolerations') as readonly Toleration[])) {
      findings.push({ code: 'AL0013', resource, field: 'scheduling.tolerations', seen: `tolerates ${gate}`, values });
    }
  }
  return { checked, findings, notChecked: [] };
}
