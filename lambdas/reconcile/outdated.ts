import { launchRef, msBetween } from '../../domain/events.ts';
import { publish } from '../adapters/bus.ts';
import { recordOutdated } from '../adapters/ledger.ts';
import type { NodeDecision } from './decide-node.ts';

/** A node with another version than new launches get. */
export type Outdated = NodeDecision & { readonly step: 'outdated' };

/** Publishes first and records second. If a call dies in between, a later one publishes again. */
export async function reportOutdated(nodes: readonly Outdated[]): Promise<void> {
  const at = new Date().toISOString();
  for (const { ours, version, configured } of nodes) {
    const { launch } = ours.admission;
    const ref = launchRef(ours.run?.launch ?? launch);
    const tookMs = msBetween(launch.launchedAt, at);
    await publish([{ type: 'Node Outdated', detail: { at, next: 'nothing', ...ref, tookMs, version, configured } }]);
    await recordOutdated(ours.run ?? launch, configured);
  }
}
