import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { actOf, type Death, PoolModel, settings } from './fleet.ts';

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
