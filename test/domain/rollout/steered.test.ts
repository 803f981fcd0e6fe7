import { describe, expect, it } from 'vitest';
import { actOf, PoolModel } from './fleet.ts';

describe('a rollout that an operator steers', () => {
  it('waits while it is paused, and goes on when it is resumed', () => {
    const pool = new PoolModel(20, '1');
    pool.configured = '2';
    pool.run(4);
    pool.act = actOf('pause', pool);
    pool.run(200);
    expect(pool.count('2')).toBe(1);
    expect(pool.rollout?.waitsFor).toBe('resume');
    pool.act = actOf('resume', pool);
    pool.run(400);
    expect(pool.count('2')).toBe(20);
  });

  it('finishes the nodes that are half-way when it is aborted, and begins no other', () => {
    const pool = new PoolModel(20, '1');
    pool.configured = '2';
    pool.run(2);
    pool.act = actOf('abort', pool);
    pool.run(200);
    expect(pool.count('2')).toBe(1);
    expect(pool.gated).toBe(0);
    expect(pool.rollout?.stoppedBecause).toMatch(/^aborted: a test$/);
  });

  it('begins again with one node when it is resumed after a stop', () => {
    const pool = new PoolModel(20, '1');
    pool.configured = '2';
    pool.bad.add('2');
    pool.run(100);
    pool.bad.clear();
    pool.act = actOf('resume', pool);
    pool.run(20);
    expect(pool.count('2')).toBe(1);
    pool.run(400);
    expect(pool.count('2')).toBe(20);
  });

  it.each([1, 5, 10, 19, 20, 60])('tries nodes again that failed when it is resumed, in a pool of %i', (size) => {
    const pool = new PoolModel(size, '1');
    pool.configured = '2';
    pool.bad.add('2');
    pool.withdrawn.add('1');
    pool.run(100);
    pool.bad.clear();
    pool.act = actOf('resume', pool);
    pool.run(24 * 60);
    expect(pool.count('2')).toBe(size);
  });

  it('takes a node last that failed and was put back', () => {
    const pool = new PoolModel(20, '1');
    pool.configured = '2';
    const [oldest] = pool.all;
    pool.sick.add(`${oldest?.instanceId} 2`);
    pool.run(100);
    pool.act = actOf('resume', pool);
    pool.run(24 * 60);
    expect(pool.count('2')).toBe(19);
    expect(pool.rollout?.stoppedBecause).toBe(`${oldest?.instanceId} ended as proof-failed`);
  });

  it('puts a node back once, also if it was resumed in between', () => {
    const pool = new PoolModel(20, '1');
    pool.configured = '2';
    const [oldest] = pool.all;
    for (const version of ['1', '2']) pool.sick.add(`${oldest?.instanceId} ${version}`);
    pool.run(200);
    pool.act = actOf('resume', pool);
    pool.run(24 * 60);
    expect(pool.begun).toBe(4);
    expect(oldest && pool.poolNodeOf(oldest).rollout).toMatchObject({ to: '1', was: '2', state: 'failed' });
  });

  it('goes back while the version of new launches is withdrawn, and on to the next that is deployed', () => {
    const pool = new PoolModel(20, '1');
    pool.configured = '2';
    pool.run(24 * 60);
    pool.withdrawn.add('2');
    pool.act = actOf('rollback', pool, '1');
    pool.run(24 * 60);
    expect(pool.count('1')).toBe(20);
    pool.configured = '3';
    pool.run(24 * 60);
    expect(pool.count('3')).toBe(20);
  });

  it('gives up a rollback to a version that nodes may not get, and says so', () => {
    const pool = new PoolModel(20, '1');
    pool.configured = '2';
    pool.run(24 * 60);
    pool.withdrawn.add('1');
    pool.act = actOf('rollback', pool, '1');
    pool.run(2);
    expect(pool.rollout?.refusedAct).toBe('nodes may not get 1, so the rollback was not followed');
    pool.withdrawn.clear();
    pool.run(24 * 60);
    expect(pool.count('2')).toBe(20);
  });

  it('remembers the target that it left as the version before, also if no node was behind', () => {
    const pool = new PoolModel(20, '1');
    pool.configured = '2';
    pool.run(24 * 60);
    pool.nodes.clear();
    pool.configured = '3';
    pool.launch('released');
    pool.pass();
    expect(pool.rollout).toMatchObject({ target: '3', before: '2' });
  });

  it('is not aborted by an operator if it stopped before', () => {
    const pool = new PoolModel(20, '1');
    pool.configured = '2';
    pool.bad.add('2');
    pool.run(100);
    pool.act = actOf('abort', pool);
    pool.pass();
    expect(pool.rollout?.abortedBy).toBeUndefined();
  });

  it('goes back to a version in waves, and stays there until new launches get another one', () => {
    const pool = new PoolModel(20, '1');
    pool.configured = '2';
    pool.run(120);
    pool.act = actOf('rollback', pool, '1');
    pool.run(600);
    expect(pool.count('1')).toBe(20);
    expect(pool.rollout?.target).toBe('1');
    expect(pool.rollout?.configured).toBe('2');
    pool.configured = '3';
    pool.run(600);
    expect(pool.count('3')).toBe(20);
  });

  it('does not go back to a withdrawn version', () => {
    const pool = new PoolModel(20, '1');
    pool.configured = '2';
    pool.run(600);
    pool.withdrawn.add('1');
    pool.act = actOf('rollback', pool, '1');
    pool.run(600);
    expect(pool.count('2')).toBe(20);
    expect(pool.events.filter((event) => event === 'Rollout Started')).toHaveLength(1);
  });

  it('begins with another version only once no node is half-way', () => {
    const pool = new PoolModel(20, '1', true, () => 0.9);
    pool.configured = '2';
    pool.run(2);
    pool.configured = '3';
    pool.run(2);
    expect(pool.rollout).toMatchObject({ target: '2', waitsFor: 'runs' });
    pool.run(12);
    expect(pool.rollout?.target).toBe('3');
  });

  it('follows an act once', () => {
    const pool = new PoolModel(20, '1');
    pool.configured = '2';
    pool.run(20);
    pool.act = actOf('pause', pool);
    pool.run(60);
    const { revision } = pool;
    pool.run(60);
    expect(pool.revision).toBe(revision);
  });
});
