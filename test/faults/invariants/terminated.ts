import type { Invariant } from './invariant.ts';

/** No instance was terminated that policy did not allow: the default policy allows none. */
export const terminatedByPolicy: Invariant = {
  name: 'terminated without leave',
  violations({ watch, ended }) {
    return watch.launches
      .filter(({ instanceId, goneAt }) => goneAt !== undefined && !ended.has(instanceId))
      .map(({ instanceId }) => `${instanceId} was terminated, which its pool does not allow`);
  },
};
