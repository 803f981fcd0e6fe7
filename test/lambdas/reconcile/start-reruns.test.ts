import { beforeEach, expect, it, vi } from 'vitest';
import type { RunRecord } from '../../../domain/ledger.ts';
import type { OperatorAct } from '../../../domain/operator-acts.ts';
import * as ledger from '../../../lambdas/adapters/ledger.ts';
import * as admission from '../../../lambdas/admission/admit-all.ts';
import { planRerun } from '../../../lambdas/reconcile/decide-reruns.ts';
import { startReruns } from '../../../lambdas/reconcile/reruns.ts';

vi.mock('../../../lambdas/adapters/ledger.ts', () => ({ recordRerun: vi.fn(), recordRunCount: vi.fn() }));
vi.mock('../../../lambdas/admission/admit-all.ts', () => ({ admitWhole: vi.fn() }));
beforeEach(() => vi.resetAllMocks());

const launchedAt = '2026-11-21T09:00:00.000Z';
const launch = {
  instanceId: 'i-0123456789abcdef0',
  launchedAt,
  cluster: 'demo',
  pool: 'ci',
  nodeName: 'ip-10-0-0-4',
  providerId: 'aws:///a/i-0123456789abcdef0',
  deadline: '2026-11-21T09:20:00.000Z',
};
const run: RunRecord = { ...launch, launch, outcome: 'proof-failed', ending: 'held' };
const rerun = {
  run,
  admission: planRerun({ launch }, run, { why: 'held', reason: '' }, Date.parse(launchedAt)),
};
const act = (at: string): OperatorAct => ({ act: 'quarantine', by: 'arn:ops', at, because: '' });

it('a run begins once the run before is marked', async () => {
  vi.mocked(ledger.recordRerun).mockResolvedValue(run);
  await startReruns([rerun]);
  expect(admission.admitWhole).toHaveBeenCalledWith([rerun.admission]);
  expect(vi.mocked(ledger.recordRerun).mock.invocationCallOrder[0]).toBeLessThan(
    vi.mocked(ledger.recordRunCount).mock.invocationCallOrder[0] ?? 0,
  );
});

it.each<[string, RunRecord | undefined]>([
  ['an operator acted after it was read', { ...run, operatorAct: act('2026-11-21T09:05:00.000Z') }],
  ['its record is gone', undefined],
])('no run begins if %s', async (_, marked) => {
  vi.mocked(ledger.recordRerun).mockResolvedValue(marked);
  await startReruns([rerun]);
  expect(ledger.recordRunCount).not.toHaveBeenCalled();
  expect(admission.admitWhole).toHaveBeenCalledWith([]);
});
