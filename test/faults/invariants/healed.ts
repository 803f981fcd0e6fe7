import { due, endsOf } from './ended.ts';
import type { Invariant } from './invariant.ts';

/** A healthy node is released, if nothing fails around it, or one thing that recovers. */
export const healed: Invariant = {
  name: 'not released',
  violations(faultRun) {
    if (faultRun.badVersions.size > 0) return [];
    const [only, another] = faultRun.faults;
    if (another !== undefined || (only !== undefined && only.heals !== true)) return [];
    return due(faultRun).flatMap((launch) => {
      const outcomes = endsOf(faultRun, launch).map(({ outcome }) => outcome);
      const released = outcomes.some((outcome) => outcome === 'released' || outcome === 'already-installed');
      return released ? [] : [`${launch.instanceId} ended as ${outcomes.join(', ') || 'nothing'}`];
    });
  },
};
