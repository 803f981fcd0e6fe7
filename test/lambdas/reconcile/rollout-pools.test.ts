import { expect, it } from 'vitest';
import type { ReadRollout, Rollout } from '../../../domain/rollout/rollout.ts';
import { withUnseen } from '../../../lambdas/reconcile/rollout-pools.ts';

it('a rollout whose cluster could not be read counts as it was, and any other as it is now', () => {
  const rollout = (cluster: string, wave: number) => ({ cluster, pool: 'ci', runtime: 'gvisor', wave }) as Rollout;
  const read = [rollout('seen', 0), rollout('unseen', 0)].map((one): ReadRollout => ({ rollout: one, revision: 1 }));
  expect(withUnseen(read, [rollout('seen', 1), rollout('new', 0)])).toEqual([
    rollout('seen', 1),
    rollout('new', 0),
    rollout('unseen', 0),
  ]);
});
