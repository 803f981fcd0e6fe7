import { describe, expect, it } from 'vitest';
import { weekdays } from '../../../domain/rollout/settings.ts';
import { minute, PoolModel, settings, start } from './fleet.ts';

describe('a rollout', () => {
  it('does not begin while every node has the version that new launches get', () => {
    const pool = new PoolModel(20, '1');
    pool.run(60);
    expect(pool.rollout).toBeUndefined();
  });

  it('begins with one node, and takes the next only after its proof and the soak time', () => {
    const pool = new PoolModel(20, '1');
    pool.configured = '2';
    pool.run(20);
    expect(pool.count('2')).toBe(1);
    expect(pool.rollout).toMatchObject({ wave: 0, waitsFor: 'soak', done: 1, total: 20 });
    pool.run(24);
    expect(pool.count('2')).toBe(2);
  });

  it('brings the whole pool to the version, and then is finished', () => {
    const pool = new PoolModel(20, '1');
    pool.configured = '2';
    pool.run(400);
    expect(pool.count('2')).toBe(20);
    expect(pool.events).toEqual(['Rollout Started', ...Array(3).fill('Rollout Wave Done'), 'Rollout Finished']);
    expect(pool.overtaken).toEqual([]);
  });

  it('stops at the first node of a bad version, and gives it back what it had', () => {
    const pool = new PoolModel(20, '1');
    pool.configured = '2';
    pool.bad.add('2');
    pool.run(400);
    expect(pool.rollout?.stoppedBecause).toMatch(/^i-0{17} ended as proof-failed$/);
    expect(pool.count('1')).toBe(20);
    expect(pool.gated).toBe(0);
  });

  it('leaves that node behind its gate if what it had is withdrawn', () => {
    const pool = new PoolModel(20, '1');
    pool.configured = '2';
    pool.bad.add('2');
    pool.withdrawn.add('1');
    pool.run(400);
    expect(pool.count('1')).toBe(19);
    expect(pool.gated).toBe(1);
  });

  it('takes another first node, and soaks nothing, if the first went away before its window', () => {
    const windows = [{ days: weekdays, from: 2 * 4, to: 6 * 4, timeZone: 'UTC' }];
    for (const isInPlace of [true, false]) {
      const pool = new PoolModel(20, '1', isInPlace, () => 0.5, { ...settings, windows });
      pool.configured = '2';
      pool.run(60);
      for (const member of pool.rollout?.members ?? []) pool.nodes.delete(member);
      pool.run(62);
      expect(pool.rollout?.waitsFor).toBe('runs');
      expect(pool.events).toEqual(['Rollout Started']);
    }
  });

  it('counts nodes that are behind their gates for another cause as unavailable', () => {
    const pool = new PoolModel(20, '1', true, () => 0.5, { ...settings, maxUnavailable: { nodes: 1 } });
    pool.launch().endsAt = start + 100 * minute;
    pool.configured = '2';
    pool.run(60);
    expect(pool.count('2')).toBe(0);
    expect(pool.rollout?.waitsFor).toBe('room');
  });

  it('leaves nodes alone whose tag names a version', () => {
    const pool = new PoolModel(5, '1');
    for (const node of pool.all.slice(0, 2)) node.tag = 'gvisor@1';
    pool.configured = '2';
    pool.run(400);
    expect(pool.count('1')).toBe(2);
    expect(pool.count('2')).toBe(3);
    expect(pool.rollout?.total).toBe(3);
  });

  it('begins again with one node if another version comes while it is under way', () => {
    const pool = new PoolModel(40, '1');
    pool.configured = '2';
    pool.run(60);
    pool.configured = '3';
    pool.run(12);
    expect(pool.count('3')).toBe(1);
    expect(pool.rollout?.target).toBe('3');
    expect(pool.rollout?.wave).toBe(0);
    pool.run(500);
    expect(pool.count('3')).toBe(40);
  });

  it('moves nodes that come later with an older version, without another canary', () => {
    const pool = new PoolModel(10, '1');
    pool.configured = '2';
    pool.run(300);
    pool.launch('released', '1');
    pool.run(14);
    expect(pool.count('2')).toBe(11);
    expect(pool.events.filter((event) => event === 'Rollout Started')).toEqual(['Rollout Started']);
  });

  it('starts nothing outside its windows', () => {
    const windows = [{ days: ['mon'] as const, from: 22 * 4, to: 4 * 4, timeZone: 'UTC' }];
    const pool = new PoolModel(20, '1', true, () => 0.5, { ...settings, windows });
    pool.configured = '2';
    pool.run(22 * 60 - 2);
    expect(pool.count('2')).toBe(0);
    expect(pool.rollout?.waitsFor).toBe('window');
    expect(pool.rollout?.waitsUntil).toBe('2026-11-30T22:00:00.000Z');
    pool.run(30);
    expect(pool.count('2')).toBe(1);
  });

  it('takes another first node if that one goes away before it was proven', () => {
    const pool = new PoolModel(100, '1', true, () => 0.99);
    pool.configured = '2';
    pool.bad.add('2');
    pool.pass();
    pool.nodes.delete(pool.rollout?.members[0] ?? '');
    pool.run(4);
    expect(pool.rollout?.wave).toBe(0);
    expect(pool.gated).toBe(1);
    expect(pool.unproven).toEqual([]);
    pool.run(400);
    expect(pool.rollout?.stoppedBecause).toContain('proof-failed');
    expect(pool.count('1')).toBe(99);
  });

  it('takes other nodes for a later wave, too, if its first ones go away before they were proven', () => {
    const pool = new PoolModel(20, '1');
    pool.configured = '2';
    while (pool.rollout?.wave !== 1) pool.run(2);
    const [first] = pool.poolNodes().filter(({ version }) => version === '2');
    for (const gone of [first?.instanceId ?? '', ...(pool.rollout?.members ?? [])]) pool.nodes.delete(gone);

    pool.run(2);

    expect(pool.rollout).toMatchObject({ wave: 1, done: 0 });
    expect(pool.rollout?.members).toHaveLength(2);
    expect(pool.rollout?.provenAt).toBeUndefined();
  });

  it('stops if a node that was proven loses its proof while it is watched', () => {
    const pool = new PoolModel(100, '1');
    pool.configured = '2';
    pool.run(20);
    const [first] = pool.all;
    if (first === undefined) throw new Error('the pool is empty');
    pool.losesProof.add(first.instanceId);
    pool.reverify(first);
    pool.run(200);
    expect(pool.rollout?.stoppedBecause).toBe(`${first.instanceId} lost its proof`);
    expect(pool.count('2')).toBe(0);
  });

  it('goes on once the version of new launches is accepted again', () => {
    const pool = new PoolModel(20, '1');
    pool.configured = '2';
    pool.run(10);
    pool.withdrawn.add('2');
    pool.run(60);
    expect(pool.rollout?.waitsFor).toBe('version');
    pool.withdrawn.clear();
    pool.run(24 * 60);
    expect(pool.count('2')).toBe(20);
  });

  it('begins with one node if no node has proven the target of a finished rollout', () => {
    const pool = new PoolModel(60, '1');
    pool.configured = '2';
    pool.run(48 * 60);
    for (const node of pool.all) node.tag = 'gvisor@2';
    pool.configured = '3';
    pool.run(10);
    for (const node of pool.all) node.tag = 'gvisor';
    pool.pass();
    expect(pool.gated).toBe(1);
    expect(pool.rollout).toMatchObject({ wave: 0, startedAt: new Date(pool.now).toISOString() });
  });

  it('stops while the breaker of the version is open', () => {
    const pool = new PoolModel(20, '1');
    pool.configured = '2';
    pool.openBreakers.add('2');
    pool.pass();
    expect(pool.rollout?.stoppedBecause).toBe('the breaker of gvisor@2 is open');
    expect(pool.begun).toBe(0);
  });

  it('does not take out a node while its proof is repeated', () => {
    const pool = new PoolModel(20, '1');
    const [first] = pool.all;
    if (first === undefined) throw new Error('the pool is empty');
    pool.reverify(first);
    pool.configured = '2';
    pool.pass();
    expect(pool.gated).toBe(0);
    expect(pool.rollout?.waitsFor).toBe('room');
  });
});
