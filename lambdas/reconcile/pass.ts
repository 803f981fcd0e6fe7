import type { EventDraft } from '../../domain/events.ts';
import type { Rollout } from '../../domain/rollout/rollout.ts';
import { publish } from '../adapters/bus.ts';
import type { Failures } from '../adapters/failures.ts';
import { recordReopened } from '../adapters/ledger.ts';
import { recordRollout } from '../adapters/rollouts.ts';
import type { Reopened } from './decide-node.ts';
import { reopenedFinding } from './findings.ts';
import type { Outdated } from './outdated.ts';
import { rolloutEvent } from './rollout-events.ts';

/** What one pass leaves for its end: a bus that refuses events holds up no repair, and costs its time once. */
export interface Pass {
  readonly failures: Failures;
  /** What the pass found and has acted on. */
  readonly findings: EventDraft[];
  readonly outdated: Outdated[];
  /** Those that were not reported before. */
  readonly reopened: Reopened[];
  /** The rollouts with events that are not published. */
  readonly unpublished: WrittenRollout[];
}

/** A rollout as a pass wrote it, or found it. */
export interface WrittenRollout {
  readonly rollout: Rollout;
  /** The revision of its record. */
  readonly revision: number;
}

/**
 * Publishes what a pass found and did. A finding that cannot be published is lost, and the pass fails. The events of
 * rollouts stay in their records until they are published: the next pass tries again.
 */
export async function publishFindings({ failures, findings, reopened, unpublished }: Pass): Promise<void> {
  await failures.attempt('publishing the events of rollouts', async () => {
    const at = new Date().toISOString();
    await publish(
      unpublished.flatMap(({ rollout }) => rollout.unpublished.map((type) => rolloutEvent(type, rollout, at))),
    );
    for (const { rollout, revision } of unpublished) await recordRollout({ ...rollout, unpublished: [] }, revision);
  });
  await failures.attempt('publishing findings', () => publish(findings));
  await failures.attempt('reporting reopened nodes', async () => {
    const at = new Date().toISOString();
    await publish(reopened.map((one) => reopenedFinding(one, at)));
    await Promise.all(reopened.map(({ run, act }) => recordReopened(run, act.at)));
  });
}
