import { type EventDraft, launchRef, msBetween } from '../../domain/events.ts';
import { publish } from '../adapters/bus.ts';
import { recordOutdated } from '../adapters/ledger.ts';
import type { NodeDecision } from './decide-node.ts';

/** A node with another version than new launches get. */
export type Outdated = NodeDecision & { readonly step: 'outdated' };

/** How many nodes are reported at once. */
const atOnce = 50;

/**
 * Publishes first and records second. If a call dies in between, a later one publishes again.
 *
 * @param inTime called before each part; the rest is left to the next pass if it returns false
 */
export async function reportOutdated(nodes: readonly Outdated[], inTime: () => boolean): Promise<void> {
  const at = new Date().toISOString();
  for (let from = 0; from < nodes.length && inTime(); from += atOnce) {
    const part = nodes.slice(from, from + atOnce);
    await publish(part.map((node) => outdatedEvent(node, at)));
    await Promise.all(
      part.map(({ ours, configured }) => recordOutdated(ours.run ?? ours.admission.launch, configured)),
    );
  }
}

function outdatedEvent({ ours, version, configured }: Outdated, at: string): EventDraft {
  const { launch } = ours.admission;
  const ref = launchRef(ours.run?.launch ?? launch);
  const tookMs = msBetween(launch.launchedAt, at);
  return { type: 'Node Outdated', detail: { at, next: 'nothing', ...ref, tookMs, version, configured } };
}
