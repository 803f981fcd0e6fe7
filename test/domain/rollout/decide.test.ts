import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RolloutAct } from '../../../domain/rollout/rollout.ts';
import { weekdays } from '../../../domain/rollout/settings.ts';
import { type Death, minute, PoolModel, settings, start } from './fleet.ts';

const actOf = (act: RolloutAct['act'], pool: PoolModel, to?: string): RolloutAct => ({
  ...{ act, by: 'arn:aws:sts::123456789012:assumed-role/Platform/ann', because: 'a test' },
  at: new Date(pool.now).toISOString(),
  ...(to === undefined ? {} : { to }),
});

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

const deaths: fc.Arbitrary<Death> = fc.constantFrom(
  undefined,
  undefined,
  undefined,
  'before-write',
  'after-write',
  'between-starts',
);
const happening = fc.oneof(
  { weight: 20, arbitrary: fc.constant({ kind: 'pass' } as const) },
  { weight: 2, arbitrary: fc.constant({ kind: 'launch' } as const) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('vanish' as const), which: fc.nat(50) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('deploy' as const), version: fc.constantFrom('1', '2', '3') }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('act' as const),
      act: fc.constantFrom('pause' as const, 'resume' as const, 'abort' as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('node' as const),
      what: fc.constantFrom('pin', 'unpin', 'reverify', 'fail', 'release', 'quarantine', 'retry'),
      which: fc.nat(50),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('go-back' as const), to: fc.constantFrom('1', '2') }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('sicken' as const),
      which: fc.nat(50),
      version: fc.constantFrom('1', '2', '3'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('breaker' as const), version: fc.constantFrom('2', '3') }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'twice' } as const) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('break' as const), version: fc.constantFrom('2', '3') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('withdraw' as const), version: fc.constantFrom('1', '2') }) },
);
const script = fc.array(fc.tuple(happening, deaths, fc.integer({ min: 1, max: 6 })), { minLength: 20, maxLength: 150 });

describe.each([
  ['in place', true],
  ['by replacement', false],
] as const)('whatever happens to a rollout %s', (_, isInPlace) => {
  it('takes out no more nodes than may be unavailable, leaves none half-way and reaches the version in the end', () => {
    fc.assert(
      fc.property(
        script,
        fc.integer({ min: 1, max: 30 }),
        fc.infiniteStream(fc.double({ min: 0, max: 0.99, noNaN: true })),
        (steps, size, draws) => {
          const pool = new PoolModel(size, '1', isInPlace, () => draws.next().value ?? 0.5, {
            ...settings,
            maxDisruptionMinutes: 120,
          });
          pool.configured = '2';
          for (const [step, death, minutes] of steps) {
            if (step.kind === 'pass') pool.pass(death);
            if (step.kind === 'launch') pool.launch();
            if (step.kind === 'vanish' && pool.nodes.size > 1) {
              const gone = pool.all[step.which % pool.nodes.size];
              if (gone !== undefined) pool.nodes.delete(gone.instanceId);
            }
            if (step.kind === 'break') pool.bad.add(step.version);
            if (step.kind === 'withdraw') pool.withdrawn.add(step.version);
            if (step.kind === 'deploy') pool.configured = step.version;
            if (step.kind === 'act') pool.act = actOf(step.act, pool);
            if (step.kind === 'go-back') pool.act = actOf('rollback', pool, step.to);
            if (step.kind === 'breaker') pool.openBreakers.add(step.version);
            if (step.kind === 'sicken')
              pool.sick.add(`${pool.all[step.which % pool.nodes.size]?.instanceId} ${step.version}`);
            if (step.kind === 'node') {
              const node = pool.all[step.which % pool.nodes.size];
              if (node === undefined) continue;
              if (step.what === 'pin') node.tag = 'gvisor@1';
              else if (step.what === 'unpin') node.tag = 'gvisor';
              else if (step.what === 'reverify' || step.what === 'fail') {
                if (step.what === 'fail') pool.losesProof.add(node.instanceId);
                pool.reverify(node);
              } else pool.actByHand(node, step.what);
            }
            if (step.kind === 'twice') {
              // Another pass reads the same, and acts a little later: it must not start what this one started.
              const [seen, read] = [pool.poolNodes(), { rollout: pool.rollout, revision: pool.revision }];
              pool.pass(death);
              pool.pass(undefined, seen, read);
            }
            pool.wait(minutes);
          }
          const causes = [pool.bad, pool.sick, pool.losesProof, pool.openBreakers, pool.withdrawn];
          for (const cause of causes) cause.clear();
          for (const node of pool.all) {
            node.tag = 'gvisor';
            if (pool.poolNodeOf(node).failedLaunch !== undefined) pool.nodes.delete(node.instanceId);
          }
          pool.run(30);
          pool.removeClosed();
          for (const node of pool.all) pool.actByHand(node, 'retry');
          for (const { instanceId, isByHand } of pool.poolNodes()) if (isByHand) pool.nodes.delete(instanceId);
          if (pool.nodes.size === 0) pool.launch('released');
          // An operator resumes what stopped, and a deploy ends what was rolled back.
          pool.act = actOf('resume', pool);
          pool.run(60);
          if (pool.rollout !== undefined && pool.rollout.target !== pool.configured) pool.configured = '4';
          pool.settle(5);
          expect(pool.overtaken).toEqual([]);
          expect(pool.unproven).toEqual([]);
          expect(pool.gated).toBe(0);
          const following = pool.poolNodes().filter(({ isPinned }) => !isPinned);
          expect(following.filter(({ version }) => version !== pool.configured)).toEqual([]);
        },
      ),
      { numRuns: Number(process.env['ROLLOUT_RUNS'] ?? 80) },
    );
  });
});
