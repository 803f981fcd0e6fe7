import { type EventDraft, launchRef, msBetween } from '../../domain/events.ts';
import { publish } from '../adapters/bus.ts';
import { recordOutdated } from '../adapters/ledger.ts';
import type { NodeDecision } from './decide-node.ts';
import { pinnedFinding } from './findings.ts';

/** A node with another version than new launches get, or with a withdrawn one that its tag pins. */
export type Outdated = NodeDecision & { readonly step: 'outdated' | 'pinned' };

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
      part.map((node) =>
        recordOutdated(
          node.ours.run ?? node.ours.admission.launch,
          node.step === 'pinned' ? node.tag : node.configured,
        ),
      ),
    );
  }
}

function outdatedEvent(node: Outdated, at: string): EventDraft {
  const { launch } = node.ours.admission;
  if (node.step === 'pinned') return pinnedFinding(launch, node.because, at);
  const { ours, version, configured } = node;
  const ref = launchRef(ours.run?.launch ?? launch);
  const tookMs = msBetween(launch.launchedAt, at);
  return { type: 'Node Outdated', detail: { at, next: 'nothing', ...ref, tookMs, version, configured } };
}
