import { expect, it } from 'vitest';
import { Turns } from '../../../lambdas/adapters/turns.ts';

it('at most so many pieces of work run at a time, in their order, and a failure frees its place', async () => {
  const turns = new Turns(3);
  const begun: number[] = [];
  let underWay = 0;
  let most = 0;
  const work = (index: number) =>
    turns.take(async () => {
      begun.push(index);
      most = Math.max(most, ++underWay);
      await new Promise((resolve) => setTimeout(resolve, 1));
      underWay--;
      if (index % 2 === 0) throw new Error(`failed ${index}`);
      return index;
    });
  const results = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => work(index)));

  expect(most).toBe(3);
  expect(underWay).toBe(0);
  expect(begun).toEqual(Array.from({ length: 20 }, (_, index) => index));
  expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(10);
});
