import { describe, expect, it } from 'vitest';
import {
  type Breaker,
  breakerKey,
  countFailure,
  isOpen,
  isOverLimits,
  isUnpublished,
  probeFor,
  probeUntil,
  scopeOf,
} from '../../domain/breaker.ts';

const limits = { failures: 3, sharePercent: 50, windowMinutes: 60 };
const start = '2026-11-21T09:00:00.000Z';
const minutesIn = (minutes: number) => Date.parse(start) + minutes * 60_000;
const breaker = (change: Partial<Breaker> = {}): Breaker => ({ windowStart: start, failed: [], passed: 0, ...change });
const failed = (count: number) => Array.from({ length: count }, (_, index) => `i-${index}`);

describe('a failure', () => {
  it.each([
    ['opens the first window', undefined, 0, 'start'],
    ['counts in the window that is open', breaker(), 59, 'add'],
    ['opens a new window if the last is over', breaker(), 60, 'start'],
    ['does not count while the breaker is open', breaker({ state: 'open', openedAt: start }), 1, 'none'],
    ['opens a new window after the breaker was closed', breaker({ state: 'closed', openedAt: start }), 1, 'start'],
    [
      'counts in a window that began after the breaker was last opened',
      breaker({ state: 'closed', openedAt: '2026-11-21T08:59:59.000Z' }),
      1,
      'add',
    ],
  ] as const)('%s', (_, before, minutes, expected) => {
    expect(countFailure(before, minutesIn(minutes), limits)).toBe(expected);
  });
});

describe('the one launch that is tried while a breaker is open', () => {
  const open = breaker({ state: 'open', probe: 'i-1', probeUntil: new Date(minutesIn(10)).toISOString() });

  it('has ten minutes, or less if its deadline is nearer', () => {
    expect(probeUntil({ deadline: new Date(minutesIn(120)).toISOString() }, minutesIn(0))).toBe(
      '2026-11-21T09:10:00.000Z',
    );
    expect(probeUntil({ deadline: new Date(minutesIn(4)).toISOString() }, minutesIn(0))).toBe(
      '2026-11-21T09:04:00.000Z',
    );
  });

  it.each([
    ['keeps its turn until its time is up, which is not renewed', 'i-1', 10, 'mine'],
    ['leaves the next trial to others', 'i-1', 11, 'wait'],
    ['may be tried again if no other launch was', 'i-1', 12, 'ask'],
    ['keeps others waiting', 'i-2', 10, 'wait'],
    ['gives way to others when its time is up', 'i-2', 10.01, 'ask'],
  ] as const)('%s', (_, launch, minutes, expected) => {
    expect(probeFor(open, launch, minutesIn(minutes))).toBe(expected);
  });

  it('is the first to ask if none is being tried', () => {
    expect(probeFor(breaker({ state: 'open' }), 'i-1', minutesIn(0))).toBe('ask');
  });
});

describe('a breaker', () => {
  it.each([
    ['opens at the floor', 3, 0, true],
    ['stays closed below the floor, whatever the share', 2, 0, false],
    ['opens if half of all launches failed', 3, 3, true],
    ['stays closed if fewer than half failed', 3, 4, false],
    ['opens because of the share, not only the floor', 50, 50, true],
  ])('%s', (_, failures, passed, expected) => {
    expect(isOverLimits(breaker({ failed: failed(failures), passed }), limits)).toBe(expected);
  });

  it('that is open is not opened again', () => {
    expect(isOverLimits(breaker({ state: 'open', failed: failed(9) }), limits)).toBe(false);
    expect(isOpen(undefined)).toBe(false);
    expect(isOpen(breaker())).toBe(false);
    expect(isOpen(breaker({ state: 'open' }))).toBe(true);
  });

  it('belongs to one pool and one version; nodes whose request cannot be met share one', () => {
    const node = { cluster: 'demo', pool: 'ci' };
    const scope = scopeOf(node, { runtime: 'gvisor', version: '20260928.0' });
    expect(breakerKey(scope)).toEqual({ instanceId: 'breaker demo ci gvisor@20260928.0', launchedAt: 'breaker' });
    expect(scopeOf(node, undefined).version).toBe('refused');
  });

  it.each([
    ['of the launch that was counted, because its first call died', 'i-0', 0, {}, true],
    ['of another launch, while the call that opened it may still publish', 'i-9', 0, {}, false],
    ['of another launch, once that call has ended', 'i-9', 1, {}, true],
    ['of any launch, once it was published', 'i-0', 1, { publishedAt: start }, false],
    ['of any launch, once it is closed', 'i-0', 1, { state: 'closed' }, false],
  ] as const)('is published again, or not, by the failure %s', (_, launch, minutes, change, expected) => {
    const open = breaker({ state: 'open', openedAt: start, failed: failed(3), ...change });
    expect(isUnpublished(open, launch, minutesIn(minutes))).toBe(expected);
  });
});
