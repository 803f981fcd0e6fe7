import type { Invariant } from './invariant.ts';

/** A rollout takes no node out that leaves more of its pool without pods than `maxUnavailable` allows. */
export const roomKept: Invariant = {
  name: 'more unavailable than allowed',
  violations({ rollout, clock }) {
    const tooMany = (rollout?.takes ?? []).filter(({ out, most }) => out.length > most);
    return tooMany.map(({ instanceId, at, out, most }) => {
      const minutes = Math.round((at - (rollout?.began ?? clock.now())) / 60_000);
      return `${instanceId} was taken out in minute ${minutes}: ${out.length} are out, and ${most} may be (${out.join(', ')})`;
    });
  },
};
