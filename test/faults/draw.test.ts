import { describe, expect, it } from 'vitest';
import { matrixFaults } from '../../packages/lab/faults.ts';
import { draw } from './draw.ts';

const runs = Array.from({ length: 300 }, (_, run) => draw(1, run));

describe('a run of the fault matrix', () => {
  it('is drawn only by its seed and its number', () => {
    expect(Array.from({ length: 300 }, (_, run) => draw(1, run))).toEqual(runs);
    expect(Array.from({ length: 300 }, (_, run) => draw(2, run))).not.toEqual(runs);
  });

  it('plays each fault by itself in the default session, and several together', () => {
    const alone = runs.filter(({ faults: planted }) => planted.length === 1).map(({ faults: [only] }) => only);
    expect(new Set(alone)).toEqual(new Set(matrixFaults));
    expect(new Set(runs.map(({ faults: planted }) => planted.length))).toEqual(new Set([0, 1, 2, 3, 4, 5]));
  });

  it('has pools of 1 to 300 nodes, most of them small', () => {
    const sizes = runs.map(({ nodes }) => nodes).toSorted((a, b) => a - b);
    expect([sizes.at(0), sizes.at(150), sizes.at(-1)]).toEqual([1, 1, 300]);
  });
});
