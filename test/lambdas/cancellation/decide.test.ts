import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { InvocationStatus } from '../../../domain/invocation-status.ts';
import type { Launch } from '../../../domain/launch.ts';
import type { RunRecord } from '../../../domain/ledger.ts';
import {
  type CancellationDecision,
  type CommandStatus,
  canCancel,
  decideCancellation,
} from '../../../lambdas/cancellation/decide.ts';
import { runs } from '../../hostile.ts';
import { launch as anyLaunch, rows } from '../arbitraries.ts';

const launchedAt = '2026-11-21T09:00:00.000Z';
const deadline = '2026-11-21T09:20:00.000Z';
const now = Date.parse('2026-11-21T09:10:00.000Z');
const ago = (ms: number) => new Date(now - ms).toISOString();
const launch: Launch = {
  instanceId: 'i-0123456789abcdef0',
  launchedAt,
  cluster: 'demo',
  pool: 'ci',
  nodeName: 'ip-10-0-0-4',
  providerId: 'aws:///eu-central-1a/i-0123456789abcdef0',
  deadline,
};
const { instanceId, cluster, pool } = launch;
const waiting: RunRecord = { instanceId, launchedAt, cluster, pool, launch, token: 'token' };
const claimed: RunRecord = { ...waiting, batchId: 'batch', claimedAt: ago(60_000) };
const sent: RunRecord = { ...claimed, commandId: 'command' };
const standing = (status: string): InvocationStatus => ({
  comment: 'batch',
  document: 'airlock-gvisor-install-abc',
  status,
  statusDetails: status,
  responseCode: 0,
  output: '',
});
const unseen: CommandStatus = { invocation: undefined, nothingFound: false };
const searched: CommandStatus = { invocation: undefined, nothingFound: true };
const noneSent = { step: 'done', because: 'none-sent' } as const;
const ended = { step: 'done', because: 'ended' } as const;

/** The decision for each run that is over, as a sentence. */
const table: readonly (readonly [
  rule: string,
  row: RunRecord | undefined,
  seen: CommandStatus,
  decision: CancellationDecision,
])[] = [
  ['without a record is done', undefined, unseen, noneSent],
  ['that no state waited for is done', { ...waiting, token: undefined as never }, unseen, noneSent],
  ['that was neither claimed nor sent is done', waiting, unseen, noneSent],
  ['whose command was answered is done', { ...sent, settledToken: 'token' }, unseen, ended],
  [
    'whose answer was for another attempt is not done',
    { ...sent, settledToken: 'earlier' },
    unseen,
    { step: 'cancel', commandId: 'command' },
  ],
  [
    'that was claimed has its command looked up by the batch',
    claimed,
    unseen,
    { step: 'look', batchId: 'batch', since: ago(60_000) },
  ],
  ['whose claim names no batch is done', { ...waiting, claimedAt: ago(60_000) }, unseen, noneSent],
  ['whose claim was released is done', { ...waiting, batchId: 'batch' }, unseen, noneSent],
  [
    'that was claimed 44 seconds ago waits, because its command may not be visible yet',
    { ...claimed, claimedAt: ago(44_999) },
    searched,
    { step: 'wait', because: 'claimed' },
  ],
  [
    'that was claimed 45 seconds ago without a visible command is done',
    { ...claimed, claimedAt: ago(45_000) },
    searched,
    noneSent,
  ],
  ['whose command SSM does not show is cancelled', sent, unseen, { step: 'cancel', commandId: 'command' }],
  [
    'whose command waits for the agent is cancelled',
    sent,
    { ...unseen, invocation: standing('Pending') },
    { step: 'cancel', commandId: 'command' },
  ],
  [
    'whose command runs is cancelled',
    sent,
    { ...unseen, invocation: standing('InProgress') },
    { step: 'cancel', commandId: 'command' },
  ],
  [
    'whose command is being cancelled is not done',
    sent,
    { ...unseen, invocation: standing('Cancelling') },
    { step: 'cancel', commandId: 'command' },
  ],
  ...['Success', 'Failed', 'TimedOut', 'Cancelled'].map(
    (status) =>
      [`whose command ended as ${status} is done`, sent, { ...unseen, invocation: standing(status) }, ended] as const,
  ),
];

describe('a run that is over', () => {
  it.each(table)('%s', (_rule, run, seen, decision) => {
    expect(decideCancellation(run, seen, now)).toEqual(decision);
  });
});

describe('a run may be cancelled', () => {
  const failure = { outcome: 'proof-failed', detail: '' } as const;

  it.each([
    ['not if the ledger does not know it', undefined, now, false],
    ['not if its record holds no node', { ...waiting, launch: undefined as never, failure }, now, false],
    ['not while it has neither failed nor reached its deadline', waiting, Date.parse(deadline) - 1, false],
    ['from its deadline on', waiting, Date.parse(deadline), true],
    ['once its failure is recorded', { ...waiting, failure }, now, true],
  ])('%s', (_rule, row, at, may) => {
    expect(canCancel(row, at)).toBe(may);
  });
});

it('whatever a record holds, a run is cancelled only if it failed or its time is up', () => {
  fc.assert(
    fc.property(rows, fc.integer({ min: 0, max: 40 }), (run, minutes) => {
      const at = Date.parse(anyLaunch.launchedAt) + minutes * 60_000;
      expect(canCancel(run, at)).toBe(run.launch !== undefined && (run.failure !== undefined || minutes >= 20));
    }),
    runs,
  );
});
