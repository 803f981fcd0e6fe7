import { describe, expect, it } from 'vitest';
import type { Window } from '../../../domain/rollout/settings.ts';
import { isInWindow, nextOpening, openShare } from '../../../domain/rollout/windows.ts';

const night: Window = { days: ['fri'], from: 22 * 4, to: 4 * 4, timeZone: 'Europe/Berlin' };
const at = (text: string) => Date.parse(text);

describe('a maintenance window', () => {
  it.each([
    ['2026-11-27T20:59:00Z', false],
    ['2026-11-27T21:00:00Z', true],
    ['2026-11-28T02:59:00Z', true],
    ['2026-11-28T03:00:00Z', false],
    ['2026-11-26T22:00:00Z', false],
    // In summer its time zone is two hours before UTC.
    ['2026-07-03T20:00:00Z', true],
    ['2026-07-03T19:59:00Z', false],
  ])('from Friday at 22:00 to 04:00 in Berlin is at %s: %s', (time, open) => {
    expect(isInWindow([night], at(time))).toBe(open);
  });

  it('is always open if there is none', () => {
    expect(isInWindow(undefined, 0)).toBe(true);
    expect(nextOpening(undefined, 7)).toBe(7);
    expect(openShare(undefined)).toBe(1);
  });

  it('from a time to the same time lasts a day, and goes on into the next week', () => {
    const sunday: Window = { days: ['sun'], from: 48, to: 48, timeZone: 'UTC' };
    expect(isInWindow([sunday], at('2026-11-30T11:59:00Z'))).toBe(true);
    expect(isInWindow([sunday], at('2026-11-30T12:00:00Z'))).toBe(false);
  });

  it('opens next on the same weekday, at its own time', () => {
    expect(nextOpening([night], at('2026-11-28T03:00:00Z'))).toBe(at('2026-12-04T21:00:00Z'));
  });

  it('is a share of the week', () => {
    expect(openShare([{ ...night, days: ['mon', 'tue'] }])).toBeCloseTo(12 / 168);
  });
});
