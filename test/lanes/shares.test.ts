import fc from 'fast-check';
import { expect, it } from 'vitest';
import { shareOut } from './shares.ts';

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);

it('each file is in one share, and no share is longer than the others by more than its longest file', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(400), { maxLength: 40 }), fc.integer({ min: 1, max: 4 }), (seconds, count) => {
      const shares = shareOut(seconds, (one) => one, count);
      expect(shares.flat().toSorted()).toEqual(seconds.toSorted());
      const shortest = Math.min(...shares.map(sum));
      for (const share of shares) expect(sum(share) - shortest).toBeLessThanOrEqual(share[0] ?? 0);
    }),
  );
});

it('a share begins with its longest file', () => {
  expect(shareOut([1, 5, 3, 4], (one) => one, 2)).toEqual([
    [5, 1],
    [4, 3],
  ]);
});
