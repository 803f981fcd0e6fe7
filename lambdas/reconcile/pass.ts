import type { EventDraft } from '../../domain/events.ts';
import { publish } from '../adapters/bus.ts';
import type { Failures } from '../adapters/failures.ts';
import { recordReopened } from '../adapters/ledger.ts';
import type { Reopened } from './decide-node.ts';
import { reopenedFinding } from './findings.ts';
import type { Outdated } from './outdated.ts';

/** What one pass leaves for its end: a bus that refuses events holds up no repair, and costs its time once. */
export interface Pass {
  readonly failures: Failures;
  /** What the pass found and has acted on. */
  readonly findings: EventDraft[];
  readonly outdated: Outdated[];
  /** Those that were not reported before. */
  readonly reopened: Reopened[];
}

/** Publishes what a pass found. A finding that cannot be published is lost, and the pass fails. */
export async function publishFindings({ failures, findings, reopened }: Pass): Promise<void> {
  await failures.attempt('publishing findings', () => publish(findings));
  await failures.attempt('reporting reopened nodes', async () => {
    const at = new Date().toISOString();
    await publish(reopened.map((one) => reopenedFinding(one, at)));
    await Promise.all(reopened.map(({ run, act }) => recordReopened(run, act.at)));
  });
}
