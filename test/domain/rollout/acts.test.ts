import { describe, expect, it } from 'vitest';
import { type AskedAct, orphanedBecause, pendingActOf, rolloutRefusal } from '../../../domain/rollout/acts.ts';
import type { Rollout } from '../../../domain/rollout/rollout.ts';

const at = '2026-11-28T12:00:00.000Z';
const rolling: Rollout = {
  ...{ cluster: 'demo', pool: 'ci', runtime: 'gvisor', target: '3', configured: '3', before: '2', startedAt: at },
  ...{ wave: 0, members: [], done: 0, total: 1, pinnedToWithdrawn: 0, waitsFor: 'runs', unpublished: [] },
};
const stopped = { ...rolling, stoppedAt: at };
const paused = { ...rolling, pausedAt: at };
const finished = { ...rolling, finishedAt: at };
const asks = (act: AskedAct['act'], more: Partial<AskedAct> = {}): AskedAct => ({
  ...{ act, canInstall: () => true, isProven: () => false, isReasoned: false },
  ...more,
});

describe('an act about a rollout', () => {
  it.each([
    ['pause', rolling, undefined],
    ['pause', paused, `it is paused since ${at}`],
    ['pause', stopped, `it stopped at ${at}`],
    ['pause', finished, `it finished at ${at}`],
    ['resume', rolling, 'it is neither paused nor stopped'],
    ['resume', paused, undefined],
    ['resume', stopped, undefined],
    ['abort', rolling, undefined],
    ['abort', paused, undefined],
    ['abort', stopped, `it stopped at ${at}`],
    ['abort', finished, `it finished at ${at}`],
  ] as const)('%s is refused only if it cannot be followed', (act, rollout, because) => {
    expect(rolloutRefusal(asks(act), rollout)).toBe(because);
  });

  it('waits for the one before it, which it would erase, and an abort does not', () => {
    const pending = { act: 'rollback', to: '2', by: 'arn', at, because: 'b' } as const;
    const refusal = `reconcile has not followed rollback of ${at} yet; wait for its next pass, or abort`;
    for (const act of ['pause', 'resume', 'rollback'] as const)
      expect(rolloutRefusal(asks(act, { pending }), stopped)).toBe(refusal);
    for (const rollout of [rolling, stopped])
      expect(rolloutRefusal(asks('abort', { pending }), rollout)).toBeUndefined();
    expect(pendingActOf({ rollout: rolling, revision: 1, act: pending })).toBe(pending);
    expect(pendingActOf({ rollout: { ...rolling, actAt: at }, revision: 1, act: pending })).toBeUndefined();
  });

  it('is followed only while airlock.yaml has the block rollout and the cluster', () => {
    const clusters = [{ name: 'demo' }];
    expect(orphanedBecause(rolling, { clusters, rollout: {} })).toBeUndefined();
    expect(orphanedBecause(rolling, { clusters })).toContain('no block rollout');
    expect(orphanedBecause(rolling, { clusters: [], rollout: {} })).toContain('no cluster demo');
  });

  it('goes back to the version before, which the pool had', () => {
    expect(rolloutRefusal(asks('rollback'), finished)).toBeUndefined();
    const { before: _, ...first } = rolling;
    expect(rolloutRefusal(asks('rollback'), first)).toContain('name one with --to');
    expect(rolloutRefusal(asks('rollback', { to: '3' }), rolling)).toBe('3 is what the rollout brings');
  });

  it('goes back to any other version only if the pool had it, or with a reason', () => {
    const refusalOf = (more: Partial<AskedAct>) => rolloutRefusal(asks('rollback', { to: '1', ...more }), rolling);
    expect(refusalOf({})).toMatch(/^no node of the pool was released with 1 in the last 90 days; --because/);
    expect(refusalOf({ isProven: (version) => version === '1' })).toBeUndefined();
    expect(refusalOf({ isReasoned: true })).toBeUndefined();
  });

  it('never goes back to a version that nodes may not get, for whatever reason', () => {
    const may = { canInstall: () => false, isProven: () => true, isReasoned: true };
    for (const to of ['1', '2', undefined])
      expect(rolloutRefusal(asks('rollback', { ...may, to }), rolling)).toContain('nodes may not get');
  });
});
