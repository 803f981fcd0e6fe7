import { countAlarming, findingOf } from '../../domain/findings.ts';
import { variable } from '../adapters/environment.ts';
import { emit, logger } from '../adapters/telemetry.ts';
import { examineFleet } from './examine-fleet.ts';
import { fleetReader } from './readers/fleet.ts';

const { artifacts, ...standard } = variable('DOCTOR');

/**
 * Looks for misconfigurations on a schedule. It only reads: the log has each finding, and the metric makes the alarm
 * fire, also if it is missing.
 */
export async function handler(): Promise<void> {
  const held = { ...standard, catalogue: undefined };
  const diagnosis = await examineFleet(fleetReader, held, artifacts, Date.now());
  const { checked, findings, notChecked } = diagnosis;
  for (const { code, resource, field, seen } of findings) {
    const { level, sentence, effect } = findingOf(code);
    logger.warn(sentence, { code, level, resource, field, seen, effect });
  }
  for (const { codes, resource, reason } of notChecked) logger.warn('could not look', { codes, resource, reason });
  logger.info('looked', { checked: checked.length, findings: findings.length, notChecked: notChecked.length });
  // Also if there are none: the alarm fires if no run comes this far.
  emit({ name: 'DoctorFindings', dimensions: {}, value: countAlarming(diagnosis) });
}
