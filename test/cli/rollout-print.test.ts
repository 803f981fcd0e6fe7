import { describe, expect, it } from 'vitest';
import { rolloutLines } from '../../cli/rollout/print.ts';
import type { ShownRollout } from '../../cli/rollout/report.ts';

const at = '2026-11-28T10:30:00.000Z';
const rolling: ShownRollout = {
  ...{ cluster: 'demo', pool: 'sandboxed', runtime: 'gvisor', target: '20260928.0', configured: '20260928.0' },
  ...{ before: '20260921.0', startedAt: at, wave: 1, done: 12, total: 120, pinnedToWithdrawn: 0 },
  waitsFor: 'runs',
};
const all: readonly ShownRollout[] = [
  rolling,
  { ...rolling, waitsFor: 'room', pinnedToWithdrawn: 1 },
  { ...rolling, waitsFor: 'window', waitsUntil: '2026-11-28T22:00:00.000Z' },
  { ...rolling, pausedAt: at, waitsFor: 'resume' },
  { ...rolling, stoppedAt: at, stoppedBecause: 'i-00000000000000001 ended as proof-failed', waitsFor: 'resume' },
  { ...rolling, stoppedAt: at, stoppedBecause: 'aborted: ticket 42', abortedBy: 'arn:ann', waitsFor: 'resume' },
  { ...rolling, finishedAt: at, done: 120, wave: 3, waitsFor: 'nothing' },
  { ...rolling, target: '20260921.0', asked: 'resume' },
];

describe('rollouts in a terminal', () => {
  it.each([60, 80, 100])('fit in %i columns, with each name, time and command whole', (width) => {
    const lines = rolloutLines(all, width);
    expect(lines.filter((line) => line.length > width || line.includes('…'))).toEqual([]);
    const text = lines.map((line) => line.trim()).join(' ');
    for (const part of ['until 2026-11-28T22:00Z', 'npx airlock rollout resume sandboxed', 'reconcile, to resume'])
      expect(text).toContain(part);
  });

  it('are a table if that fits, and two lines each otherwise', () => {
    expect(rolloutLines([rolling], 100)[0]).toMatch(/^state +cluster +pool/);
    expect(rolloutLines([rolling], 60)).toEqual([
      'demo sandboxed gvisor@20260928.0',
      '  rolling, wave 2, 12 of 120 nodes, waits for runs under way',
    ]);
  });

  it('come with what a person should do, once', () => {
    const text = rolloutLines(all, 1_000).join('\n');
    expect(text).toContain('stopped: i-00000000000000001 ended as proof-failed; npx airlock rollout resume sandboxed');
    expect(text).toContain('demo sandboxed gvisor aborted: ticket 42; ');
    expect(text).toContain('1 node has a tag that names a withdrawn version');
  });
});
