import { describe, expect, it } from 'vitest';
import { parametersFor, timeStep, timeSteps, verbs } from '../../domain/parameters.ts';
import { deadlineBounds } from '../../domain/tags.ts';

describe('the seconds that a document is given', () => {
  it('range from a minute to the longest deadline, and lose at most half of the time', () => {
    expect(timeSteps).toEqual([...timeSteps].sort((one, other) => one - other));
    expect(timeSteps[0]).toBe(60);
    expect(timeSteps.at(-1)).toEqual(deadlineBounds.most * 60);
    for (let seconds = 60; seconds <= deadlineBounds.most * 60; seconds++) {
      const told = timeStep(seconds * 1_000);
      expect(told).toBeLessThanOrEqual(seconds);
      expect(told).toBeGreaterThan(seconds / 2);
    }
  });

  it('are a minute for a node that has less left', () => {
    expect(timeStep(20_000)).toBe(60);
  });

  it('go to every verb', () => {
    for (const verb of verbs) {
      expect(parametersFor(verb, { runtime: 'gvisor', version: '1', seconds: 600 })).toHaveProperty('Seconds', '600');
    }
  });
});
