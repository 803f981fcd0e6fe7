import { expect, it } from 'vitest';
import { doubledPause, jitteredPause } from '../../domain/back-off.ts';

const pauses = { firstMs: 250, longestMs: 4_000 };

it('each pause is twice as long as the last, up to the longest', () => {
  expect([0, 1, 2, 3, 4, 5, 50].map((tries) => doubledPause(pauses, tries))).toEqual([
    250, 500, 1_000, 2_000, 4_000, 4_000, 4_000,
  ]);
});

it('a jittered pause is any part of it', () => {
  expect([0, 0.5, 1].map((random) => jitteredPause(pauses, 2, random))).toEqual([0, 500, 1_000]);
});
