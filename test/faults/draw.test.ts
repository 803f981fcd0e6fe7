import { describe, expect, it } from 'vitest';
import { rolloutActs } from '../../domain/rollout/rollout.ts';
import { matrixFaults } from '../../packages/lab/faults.ts';
import { draw } from './draw.ts';

const runs = Array.from({ length: 300 }, (_, run) => draw(1, run));

describe('a run of the fault matrix', () => {
  it('is drawn only by its seed and its number', () => {
    expect(Array.from({ length: 300 }, (_, run) => draw(1, run))).toEqual(runs);
    expect(Array.from({ length: 300 }, (_, run) => draw(2, run))).not.toEqual(runs);
  });

  it('plays each fault by itself in the default session, and several together', () => {
    const launches = runs.filter(({ rollout }) => rollout === undefined);
    const alone = launches.filter(({ faults: planted }) => planted.length === 1).map(({ faults: [only] }) => only);
    expect(new Set(alone)).toEqual(new Set(matrixFaults));
    expect(new Set(launches.map(({ faults: planted }) => planted.length))).toEqual(new Set([0, 1, 2, 3, 4, 5]));
  });

  it('has pools of 1 to 300 nodes, most of them small', () => {
    const launches = runs.filter(({ rollout }) => rollout === undefined);
    const sizes = launches.map(({ nodes }) => nodes).toSorted((a, b) => a - b);
    expect(sizes.at(0)).toBe(1);
    expect(sizes.at(100)).toBe(1);
    expect(sizes.at(-1)).toBe(300);
  });

  it('plays a rollout in each fourth run: in place and by replacement, good and bad, with and without faults', () => {
    const rollouts = runs.flatMap(({ rollout, nodes, faults }) => (rollout ? [{ ...rollout, nodes, faults }] : []));
    expect(rollouts).toHaveLength(74);
    expect(runs.slice(1, 17).filter(({ rollout }) => rollout !== undefined)).toHaveLength(4);
    expect(new Set(rollouts.map(({ runtime }) => runtime))).toEqual(new Set(['gvisor', 'kata']));
    expect(new Set(rollouts.map(({ bad }) => bad.length))).toEqual(new Set([0, 1]));
    expect(new Set(rollouts.map(({ deploys }) => deploys.length))).toEqual(new Set([1, 2]));
    expect(new Set(rollouts.flatMap(({ acts }) => acts.map(({ act }) => act)))).toEqual(new Set(rolloutActs));
    expect(new Set(rollouts.map(({ faults }) => faults.length))).toEqual(new Set([0, 1, 2, 3]));
    expect(rollouts.every(({ nodes }) => nodes >= 3 && nodes <= 20)).toBe(true);
  });
});
