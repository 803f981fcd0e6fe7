import { describe, expect, it } from 'vitest';
import { waitUntilFine } from '../../cli/doctor/wait.ts';
import { countAlarming, type Diagnosis } from '../../domain/findings.ts';
import { examineArtifacts } from '../../lambdas/doctor/examine-account.ts';
import { examineFleet } from '../../lambdas/doctor/examine-fleet.ts';
import { standard } from './files.ts';
import { reader, refused } from './reader.ts';

const fine: Diagnosis = { checked: ['x'], findings: [], notChecked: [] };
const blind: Diagnosis = { ...fine, notChecked: [{ codes: ['AL0018'], resource: 'Lambda', reason: 'refused' }] };
const broken: Diagnosis = { ...fine, findings: [{ code: 'AL0018', resource: 'Lambda', field: 'f', seen: 'is 10' }] };

/** Waits with looks that each bring the next diagnosis. @returns the last look, its second, and the reported looks */
async function waited(seconds: number, ...looks: readonly Diagnosis[]) {
  let now = 0;
  let taken = 0;
  const reported: number[] = [];
  const last = await waitUntilFine(async () => looks[Math.min(taken++, looks.length - 1)] ?? fine, {
    seconds,
    isFine: ({ findings, notChecked }) => findings.length + notChecked.length === 0,
    progress: (_, left) => reported.push(left / 1_000),
    now: () => now,
    sleep: async (ms) => {
      now += ms;
    },
  });
  return { last, second: now / 1_000, reported };
}

describe('doctor --wait', () => {
  it('looks once without it', async () => {
    expect(await waited(0, broken, fine)).toEqual({ last: broken, second: 0, reported: [] });
  });

  it('looks again until all is fine, and reports each look that was not', async () => {
    expect(await waited(60, broken, blind, fine)).toEqual({ last: fine, second: 20, reported: [60, 50] });
  });

  it('ends with the last look when the time is up; what could not be looked at is not fine', async () => {
    expect(await waited(25, blind)).toEqual({ last: blind, second: 25, reported: [25, 15, 5] });
  });
});

it('a look that fails names the cause of its error', async () => {
  const status = async () => {
    throw new Error('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND example.com') });
  };
  const [look] = examineArtifacts(reader({ status }), ['https://example.com/runsc']);
  expect((await look)?.notChecked[0]?.reason).toBe('fetch failed: getaddrinfo ENOTFOUND example.com');
});

describe('the scheduled doctor', () => {
  const now = Date.parse('2026-11-28T12:00:00Z');
  const found = async (change: Parameters<typeof reader>[0]) => {
    const diagnosis = await examineFleet(reader(change), standard(), ['https://example.com/runsc'], now);
    return [diagnosis.findings.map(({ code }) => code), countAlarming(diagnosis)];
  };

  it('is quiet if all is well', async () => {
    expect(await found({})).toEqual([[], 0]);
  });

  it('alarms for an error, and for what it could not look at, and not for a warning', async () => {
    expect(await found({ status: async () => 404 })).toEqual([['AL0035'], 1]);
    expect(await found({ groups: refused })).toEqual([[], 1]);
    expect(await found({ unreservedConcurrency: async () => 10 })).toEqual([['AL0018'], 0]);
  });
});
