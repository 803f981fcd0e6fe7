import { describe, expect, it } from 'vitest';
import { listLate } from '../../../domain/rollout/deadlines.ts';
import { type RolloutSettings, weekdays } from '../../../domain/rollout/settings.ts';
import { isInWindow } from '../../../domain/rollout/windows.ts';
import { SeededRandom } from '../../faults/seeded-random.ts';
import { minute, PoolModel, start } from './fleet.ts';

const day = 24 * 60;
const sizes = [900, 500, 300, 200, 60, 40];
const settings: RolloutSettings = {
  waves: [{ nodes: 1 }, { percent: 10 }, { percent: 50 }, { percent: 100 }],
  soakMinutes: 60,
  maxUnavailable: { percent: 10 },
  maxDisruptionMinutes: day,
  windows: [{ days: ['mon', 'tue', 'wed', 'thu'], from: 22 * 4, to: 4 * 4, timeZone: 'Europe/Berlin' }],
  deadlines: [],
};

/** Six pools with 2,000 nodes; the last two replace their nodes. */
function fleet(version: string): readonly PoolModel[] {
  return sizes.map((size, at) => {
    const random = new SeededRandom(at + 1);
    return new PoolModel(size, version, at < 4, () => random.real(), settings);
  });
}

describe('a month of 2,000 nodes in six pools', () => {
  it('fixes an advisory by its deadline, and another that comes meanwhile, with no more nodes out than allowed', () => {
    const pools = fleet('1');
    for (const pool of pools) pool.configured = '2';
    for (let hour = 0; hour < 30 * 24; hour++) {
      for (const [at, pool] of pools.entries()) {
        // The second advisory comes on the third day, while the first is being fixed.
        if (hour === 2 * 24) pool.configured = '3';
        // Each pool scales by a few nodes every day.
        if (hour % 24 === 12) for (let count = 0; count < 3; count++) pool.launch();
        if (hour % 24 === 18) for (const { instanceId } of pool.all.slice(at, at + 3)) pool.nodes.delete(instanceId);
        const isRolling = pool.count(pool.configured) < pool.nodes.size;
        pool.run(60, isRolling && isInWindow(settings.windows, pool.now) ? 15 : 60);
        // The deadline is 14 days after it.
        if (hour === 16 * 24) expect(pool.count('3'), `pool ${at}`).toBe(pool.nodes.size);
      }
    }
    for (const pool of pools) {
      expect(pool.overtaken).toEqual([]);
      expect(pool.gated).toBe(0);
      expect(pool.count('3')).toBe(pool.nodes.size);
    }
  });

  it('loses one node of each pool to a bad version', () => {
    const pools = fleet('1');
    for (const [at, pool] of pools.entries()) {
      pool.bad.add('2');
      pool.withdrawn.add('1');
      pool.configured = '2';
      pool.run(3 * day, 30);
      expect(pool.count('1'), `of ${sizes[at]}`).toBe((sizes[at] ?? 0) - 1);
      expect(pool.rollout?.stoppedAt).toEqual(expect.any(String));
    }
  });
});

describe('the forecast of a deadline', () => {
  const due = new Date(start + 7 * day * minute).toISOString();
  const deadline = { id: 'CVE-2026-1', runtime: 'gvisor', severity: 'high', affected: [{ before: '2' }], due } as const;
  const fixing = (size: number) => Object.assign(new PoolModel(size, '1'), { configured: '2' });
  const late = (pool: PoolModel, own: Partial<RolloutSettings>, more: { configured?: string | undefined } = {}) =>
    listLate({
      ...{ cluster: 'demo', pool: 'sandboxed', runtime: 'gvisor', nodes: pool.poolNodes(), isInPlace: true },
      settings: { ...settings, deadlines: [deadline], ...own },
      ...{ rollout: pool.rollout, configured: pool.configured, now: pool.now, ...more },
    });

  it('is in time if the nodes, the soak times and the windows fit before it', () => {
    expect(late(fixing(200), {})).toEqual([]);
  });

  it('is late if the windows are too short for the nodes, and says by when they would be done', () => {
    const windows = [{ days: ['mon'] as const, from: 0, to: 1, timeZone: 'UTC' }];
    expect(late(fixing(200), { windows })).toMatchObject([{ id: 'CVE-2026-1', nodes: 200, due }]);
  });

  it('lets a wave soak outside the windows', () => {
    const windows = [{ days: weekdays, from: 20 * 4, to: 6 * 4, timeZone: 'UTC' }];
    const soon = { ...deadline, due: new Date(start + 3.5 * day * minute).toISOString() };
    const nightly = { windows, soakMinutes: 12 * 60, deadlines: [soon] };
    expect(late(fixing(45), nightly)).toEqual([]);
    expect(late(fixing(45), { ...nightly, soakMinutes: 30 * 60 })).toHaveLength(1);
    // By noon half of the first wave's soak time is over, and it has to wait for no further night.
    const proven = new PoolModel(45, '1', true, () => 0.5, { ...settings, ...nightly });
    proven.configured = '2';
    proven.run(12 * 60);
    const due = new Date(start + 3.2 * day * minute).toISOString();
    expect(late(proven, { ...nightly, deadlines: [{ ...deadline, due }] })).toEqual([]);
  });

  it('is late at once if nodes stay as they are: by their tag, or because the rollout stopped', () => {
    const pinned = fixing(20);
    for (const node of pinned.all.slice(0, 1)) node.tag = 'gvisor@1';
    expect(late(pinned, {})).toHaveLength(1);
    const stopped = new PoolModel(20, '1');
    stopped.configured = '2';
    stopped.bad.add('2');
    stopped.run(60);
    expect(late(stopped, {})).toHaveLength(1);
  });

  it('is late at once if new launches get a version that is affected too, or none', () => {
    const pool = new PoolModel(20, '1');
    expect(late(pool, {}, { configured: '2' })).toEqual([]);
    for (const configured of ['1', undefined]) expect(late(pool, {}, { configured })).toMatchObject([{ nodes: 20 }]);
  });

  it('is late at once if the pool went back to a version that is affected', () => {
    const pool = fixing(20);
    pool.run(10);
    expect(late(pool, {})).toEqual([]);
    pool.rollout = pool.rollout && { ...pool.rollout, target: '1' };
    expect(late(pool, {})).not.toEqual([]);
  });

  it('is late once it has passed, as long as a node is open with an affected version', () => {
    const pool = new PoolModel(1, '1');
    pool.now += 8 * day * minute;
    expect(late(pool, {})).toHaveLength(1);
    pool.configured = '2';
    pool.settings = { ...settings, windows: undefined };
    pool.run(60);
    expect(late(pool, {})).toEqual([]);
  });
});
