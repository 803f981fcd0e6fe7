import { describe, expect, it } from 'vitest';
import type { Launch } from '../../../domain/launch.ts';
import type { RunRecord } from '../../../domain/ledger.ts';
import type { Receipt } from '../../../domain/receipt.ts';
import { decideAttestation } from '../../../lambdas/attestation/decide.ts';

const launch: Launch = {
  instanceId: 'i-0123456789abcdef0',
  launchedAt: '2026-11-21T09:00:00.000Z',
  cluster: 'demo',
  pool: 'ci',
  nodeName: 'ip-10-0-0-4',
  providerId: 'aws:///eu-central-1a/i-0123456789abcdef0',
  deadline: '2026-11-21T09:20:00.000Z',
};
const { providerId: _, deadline: __, ...subject } = launch;
const receipt: Receipt = {
  version: 2,
  ...subject,
  outcome: 'proof-failed',
  detail: '',
  endedAt: '2026-11-21T09:01:00.000Z',
  totalMs: 60_000,
};
const ended: RunRecord = { ...subject, launch, receipt, endedBy: 'arn:aws:states:::execution:x' };
const now = Date.parse('2026-11-21T09:01:01.000Z');
const decide = (run: RunRecord | undefined) => decideAttestation(run, now, () => 'a'.repeat(64));

describe('a receipt', () => {
  it("is signed as the ledger has it, under the launch's own name", () => {
    const decided = decide(ended);
    if (decided.step !== 'sign') throw new Error(decided.reason);
    expect(decided.statement.predicate).toEqual({
      receipt,
      run: 0,
      endedBy: ended.endedBy,
      signedAt: '2026-11-21T09:01:01.000Z',
    });
    expect(decided.statement.subject[0]?.name).toBe('i-0123456789abcdef0 launched 2026-11-21T09:00:00.000Z');
    expect(decided.launch).toEqual({ ...subject, run: 0 });
  });

  it('is not signed once its run ended over an hour ago: it would look new', () => {
    const at = Date.parse(receipt.endedAt) + 3_600_000;
    expect(decideAttestation(ended, at, () => 'a'.repeat(64)).step).toBe('sign');
    expect(decideAttestation(ended, at + 1, () => 'a'.repeat(64)).step).toBe('refuse');
  });

  it.each([
    ['of a launch that the ledger does not have', undefined, 'the launch is not in the ledger'],
    ['of a run without an end', { ...ended, receipt: undefined, endedBy: undefined }, 'the run has no end yet'],
    [
      'of another instance',
      { ...ended, receipt: { ...receipt, instanceId: 'i-0fedcba9876543210' } },
      'the receipt in the run record is about another launch',
    ],
    [
      'of another launch of the instance',
      { ...ended, receipt: { ...receipt, launchedAt: '2026-11-20T09:00:00.000Z' } },
      'the receipt in the run record is about another launch',
    ],
  ] as const)('%s is not signed', (_, run, reason) => {
    expect(decide(run as RunRecord | undefined)).toEqual({ step: 'refuse', reason });
  });
});
