import { describe, expect, it } from 'vitest';
import { actOf, minute, PoolModel, settings } from './fleet.ts';

describe('a rollout by replacement', () => {
  it('closes nodes within what may be unavailable, and never opens one that gave way', () => {
    let drawn = 0;
    const draw = () => (drawn++ % 10) / 10;
    const pool = new PoolModel(20, '1', false, draw, { ...settings, maxUnavailable: { nodes: 4 } });
    pool.configured = '2';
    pool.run(60 * 24 * 7);
    expect(pool.count('1')).toBe(0);
    expect(pool.overtaken).toEqual([]);
    expect(pool.rollout?.finishedAt).toBeDefined();
  });

  it('repeats its first wave until a node was released with the version', () => {
    // Substitutes never come.
    const pool = new PoolModel(20, '1', false, () => 0.9, { ...settings, maxUnavailable: { nodes: 4 } });
    pool.configured = '2';
    pool.run(2);
    pool.nodes.delete(pool.rollout?.members[0] ?? '');
    pool.run(40);
    expect(pool.rollout?.wave).toBe(0);
    expect(pool.rollout?.members.length).toBe(1);
    expect(pool.gated).toBe(1);
  });

  it('terminates a node that gave way once its sandboxes had their time', () => {
    const own = { ...settings, maxDisruptionMinutes: 60, maxUnavailable: { nodes: 2 } };
    const pool = new PoolModel(6, '1', false, () => 0.8, own);
    pool.configured = '2';
    pool.run(50);
    expect(pool.nodes.size).toBe(7);
    expect(pool.gated).toBe(1);
    pool.run(60 * 24);
    expect(pool.count('1')).toBe(0);
    expect(pool.count('2')).toBe(6);
  });

  it('terminates it in a window only', () => {
    const windows = [
      { days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const, from: 22 * 4, to: 4 * 4, timeZone: 'UTC' },
    ];
    const own = { ...settings, maxDisruptionMinutes: 12 * 60, maxUnavailable: { nodes: 1 }, windows };
    const pool = new PoolModel(3, '1', false, () => 0.8, own);
    pool.configured = '2';
    pool.run(10);
    expect(pool.gated).toBe(1);
    expect(pool.nodes.size).toBe(4);
    pool.run(21 * 60);
    expect(pool.gated).toBe(1);
    expect(pool.nodes.size).toBe(4);
    pool.run(60);
    expect(pool.nodes.has('i-00000000000000000')).toBe(false);
  });

  it('tries a termination again that failed, and waits for sandboxes only once', () => {
    const own = { ...settings, maxDisruptionMinutes: 24 * 60 };
    const pool = new PoolModel(2, '1', false, () => 0.99, own);
    pool.configured = '2';
    pool.pass();
    const [old] = pool.all;
    if (old === undefined) throw new Error('the pool has two nodes');
    old.run = { ...old.run, outcome: 'disruption-wait-over', endedAt: new Date(pool.now).toISOString() };
    pool.pass();
    pool.now += 10 * minute;
    pool.pass();
    expect(pool.nodes.size).toBe(2);
    pool.now += 10 * minute;
    pool.pass();
    expect(pool.nodes.size).toBe(1);
  });

  it('opens a node again that gave way, and has the version that is wanted now', () => {
    const own = { ...settings, maxDisruptionMinutes: 120, maxUnavailable: { nodes: 1 } };
    const pool = new PoolModel(6, '1', false, () => 0.9, own);
    pool.configured = '2';
    pool.run(10);
    expect(pool.gated).toBe(1);
    pool.act = actOf('rollback', pool, '1');
    pool.run(60 * 24);
    expect(pool.nodes.size).toBe(6);
    expect(pool.count('1')).toBe(6);
  });

  it('goes on in a pool that launches a node with each pass, once the version is proven', () => {
    const pool = new PoolModel(60, '1', false, () => 0.5, {
      ...settings,
      maxUnavailable: { percent: 50 },
      maxDisruptionMinutes: 60,
    });
    pool.configured = '2';
    for (let passed = 0; passed < 90; passed++) {
      pool.launch();
      pool.run(2);
    }
    expect(pool.rollout?.wave).toBeGreaterThan(0);
  });

  it('stops if a substitute fails, and opens the nodes again that gave way', () => {
    const pool = new PoolModel(20, '1', false, () => 0.3);
    pool.configured = '2';
    pool.bad.add('2');
    pool.run(60 * 24);
    expect(pool.rollout?.stoppedBecause).toMatch(/^the new node i-[0-9a-f]+ ended as proof-failed$/);
    expect(pool.count('1')).toBe(20);
  });
});
