import type { EventDraft } from '../../domain/events.ts';
import { publish } from '../adapters/bus.ts';
import type { Failures } from '../adapters/failures.ts';
import { type Outdated, reportOutdated } from './outdated.ts';

/** What one pass leaves for its end: a bus that refuses events holds up no repair, and costs its time once. */
export interface Pass {
  readonly failures: Failures;
  /** What the pass found and has acted on. */
  readonly findings: EventDraft[];
  readonly outdated: Outdated[];
}

/** Publishes what a pass found. A finding that cannot be published is lost, and the pass fails. */
export async function publishFindings({ failures, findings, outdated }: Pass): Promise<void> {
  await failures.attempt('publishing findings', () => publish(findings));
  await failures.attempt('reporting outdated nodes', () => reportOutdated(outdated));
}
