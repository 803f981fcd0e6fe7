import { expect, it } from 'vitest';
import { whole } from './whole.ts';

it('accepts every number that makes a distinct sequence, and names the range for any other text', () => {
  expect(['0', '1076630702', '4294967295'].map(whole(0))).toEqual([0, 1_076_630_702, 4_294_967_295]);
  for (const text of ['4294967296', '-1', '1.5', '1e3', 'x', '', ' 1']) {
    expect(() => whole(0)(text)).toThrow('Accepted is a whole number from 0 to 4294967295.');
  }
  expect(() => whole(1, 256)('0')).toThrow('from 1 to 256');
});
