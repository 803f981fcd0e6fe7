import type { Invariant } from './invariant.ts';

/**
 * A rollout takes no node out that leaves more of its pool without pods than `maxUnavailable` allows. A Node that a
 * fault deletes after its release, and that registers again with its gate, can follow the survey of a pass.
 */
export const roomKept: Invariant = {
  name: 'more unavailable than allowed',
  violations({ rollout, clock, deleted }) {
    const tooMany = (rollout?.takes ?? []).filter(
      ({ out, most }) => out.filter((one) => !deleted.has(one)).length > most,
    );
    return tooMany.map(({ instanceId, at, out, most }) => {
      const minutes = Math.round((at - (rollout?.began ?? clock.now())) / 60_000);
      return `${instanceId} was taken out in minute ${minutes}: ${out.length} are out, and ${most} may be (${out.join(', ')})`;
    });
  },
};
