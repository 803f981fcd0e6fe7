import { beforeEach, expect, it, vi } from 'vitest';
import type { Admissible } from '../../../domain/function-settings.ts';
import { type LedgerKey, type RunRecord, runId } from '../../../domain/ledger.ts';
import type { SeenInstance } from '../../../lambdas/adapters/instances.ts';
import * as ledger from '../../../lambdas/adapters/ledger.ts';
import { closedSince } from '../../../lambdas/reconcile/closed-since.ts';
import type { ManagedLaunch } from '../../../lambdas/reconcile/decide-node.ts';
import { readLatestRuns } from '../../../lambdas/reconcile/latest-runs.ts';

vi.mock('../../../lambdas/adapters/ledger.ts', () => ({ readRuns: vi.fn() }));
vi.mock('../../../lambdas/admission/admit-all.ts', () => ({ admitAll: vi.fn() }));

const launchedAt = '2026-11-21T09:00:00.000Z';
const recordedAt = '2026-11-25T09:00:00.000Z';
const instance = { instanceId: 'i-0123456789abcdef0', launchedAt, state: 'running', tags: {} } as SeenInstance;
const run = (number: number, more: Partial<RunRecord> = {}): [string, RunRecord] => [
  runId(number === 0 ? instance : { ...instance, rerun: { attempt: number } }),
  { instanceId: instance.instanceId, launchedAt, cluster: 'demo', pool: 'ci', ...more } as RunRecord,
];
let asked: string[] = [];

function withRuns(...all: readonly [string, RunRecord][]): void {
  const known = new Map(all);
  vi.mocked(ledger.readRuns).mockImplementation(async (keys: readonly LedgerKey[]) => {
    asked.push(...keys.map(runId));
    return new Map(keys.flatMap((key) => [...known].filter(([name]) => name === runId(key))));
  });
}

beforeEach(() => {
  asked = [];
});

it('the first run and the latest one are read of each launch, and no other', async () => {
  const latest = run(3, { admittedAt: recordedAt });
  withRuns(run(0, { runs: 3, admittedAt: launchedAt }), run(2, { admittedAt: launchedAt }), latest);
  const { runs, unbegun } = await readLatestRuns([instance], {} as Admissible);
  expect(runs.get(runId(instance))).toEqual(latest[1]);
  expect(unbegun.size).toBe(0);
  expect(asked).toEqual([run(0)[0], latest[0]]);
});

it('the run before is read if the latest one was only numbered', async () => {
  const before = run(2, { admittedAt: launchedAt });
  withRuns(run(0, { runs: 3, admittedAt: launchedAt }), before);
  const { runs, unbegun } = await readLatestRuns([instance], {} as Admissible);
  expect(runs.get(runId(instance))).toEqual(before[1]);
  expect(unbegun.size).toBe(0);
});

it('a node takes no pods since its launch, or since the run that closed it again', () => {
  const since = (rerun?: { readonly released: boolean }) => {
    const launch = { launchedAt, ...(rerun && { rerun }) };
    return new Date(closedSince({ admission: { launch }, run: { launch, recordedAt } } as ManagedLaunch)).toISOString();
  };
  expect(since()).toEqual(launchedAt);
  expect(since({ released: false })).toEqual(launchedAt);
  expect(since({ released: true })).toEqual(recordedAt);
});
