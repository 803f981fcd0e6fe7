import { describe, expect, it } from 'vitest';
import { ModelledMachine } from '../../packages/lab/machines.ts';
import { Autoscaler, karpenterNode } from '../../packages/lab/simulation.ts';
import { cluster, gate, pass, startSimulation, withPools } from './scenario.ts';
import { slow } from './slow.ts';

const quarterOfAnHour = 900_000;
const pods = 5;

/** A breaker that never opens. */
const none = { failures: 1_000_000, sharePercent: 100, windowMinutes: 60 };
const usual = { failures: 3, sharePercent: 50, windowMinutes: 60 };

/**
 * A quarter of an hour with a version that fails its proof on every node, with an autoscaler that keeps a node for each
 * pod.
 */
async function badVersion(onFailure: 'quarantine' | 'replace', breaker: typeof usual) {
  const failing = async () => slow(new ModelledMachine(['not-sandboxed']), 60_000);
  const world = await startSimulation([], failing, withPools({ onFailure, breaker }));
  const autoscaler = new Autoscaler({ world, cluster, pods, plan: karpenterNode(cluster, gate) });
  await autoscaler.start();
  await pass(world, quarterOfAnHour);
  autoscaler.stop();
  const count = (type: string) => world.audit().filter((event) => event['detail-type'] === type).length;
  return { launched: autoscaler.launched.length, lost: autoscaler.lost(), opened: count('Breaker Opened') };
}

describe.each(['quarantine', 'replace'] as const)('a bad version in a pool with %s', (onFailure) => {
  it('costs a few instances with the breaker, and a loop of them without', async () => {
    const without = await badVersion(onFailure, none);
    const withBreaker = await badVersion(onFailure, usual);
    process.stdout.write(
      `${onFailure}: ${pods} pods, a quarter of an hour: lost without the breaker ${without.lost} of ${without.launched}, with it ${withBreaker.lost} of ${withBreaker.launched}\n`,
    );
    expect(without.opened).toBe(0);
    expect(without.lost).toBeGreaterThan(7 * pods);
    expect(withBreaker).toEqual({ launched: pods + usual.failures - 1, lost: usual.failures - 1, opened: 1 });
  });
});
