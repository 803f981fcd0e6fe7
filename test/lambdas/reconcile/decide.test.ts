import { describe, expect, it } from 'vitest';
import { terminationStates } from '../../../domain/events.ts';
import type { Admissible } from '../../../domain/function-settings.ts';
import type { Launch } from '../../../domain/launch.ts';
import type { RunRecord } from '../../../domain/ledger.ts';
import type { Candidate } from '../../../lambdas/admission/decide.ts';
import { admissionOf, decideInstance, type InstanceDecision } from '../../../lambdas/reconcile/decide.ts';

const minute = 60_000;
const launchedAt = '2026-11-21T09:00:00.000Z';
const launchMs = Date.parse(launchedAt);
const time = (ms: number) => new Date(launchMs + ms).toISOString();
const config = {
  clusters: ['demo'],
  versions: { gvisor: { default: '20260928.0', all: ['20260928.0'] } },
  deadlineMinutes: 20,
  onFailure: 'quarantine',
  pools: [{ name: 'ci', instanceProfiles: ['nodes'] }],
} as const satisfies Admissible;
const instance: Candidate = {
  instanceId: 'i-0123456789abcdef0',
  state: 'running',
  launchedAt,
  availabilityZone: 'eu-central-1a',
  privateDnsName: 'ip-10-0-0-4',
  instanceProfile: 'arn:aws:iam::123456789012:instance-profile/nodes',
  tags: { 'airlock:runtime': 'gvisor', 'eks:cluster-name': 'demo', 'karpenter.sh/nodepool': 'ci' },
};
const launch: Launch = {
  instanceId: instance.instanceId,
  launchedAt,
  cluster: 'demo',
  pool: 'ci',
  nodeName: instance.privateDnsName,
  providerId: `aws:///eu-central-1a/${instance.instanceId}`,
  deadline: time(20 * minute),
};
const request = { runtime: 'gvisor', version: '20260928.0' } as const;
const { instanceId, cluster, pool } = launch;
const begun: RunRecord = { instanceId, launchedAt, cluster, pool, launch, request };
const admitted: RunRecord = { ...begun, admittedAt: launchedAt };
const claimed: RunRecord = { ...admitted, token: 'token', claimedAt: time(minute) };
const held: RunRecord = { ...admitted, outcome: 'proof-failed', ending: 'held', endedAt: time(2 * minute) };
const ended: RunRecord = { ...claimed, outcome: 'proof-failed', ending: 'quarantined', endedAt: time(2 * minute) };
const acted = (act: 'retry' | 'release', run: RunRecord): RunRecord => ({
  ...run,
  operatorAct: { act, by: 'arn:ops', at: time(3 * minute), because: 'egress is back' },
});
const leave = (because: string) => ({ step: 'leave', because });

/** The decision for each tagged instance, as a sentence. */
const table: readonly (readonly [
  rule: string,
  instance: Candidate,
  row: RunRecord | undefined,
  afterMs: number,
  decision: object,
])[] = [
  ['without our tag is left as it is', { ...instance, tags: {} }, undefined, 5 * minute, leave('not-ours')],
  [
    'that goes away and was never admitted is left as it is',
    { ...instance, state: 'terminated' },
    undefined,
    5 * minute,
    leave('not-ours'),
  ],
  [
    'that an operator released by hand is left alone, although its run was held',
    instance,
    acted('release', held),
    60 * minute,
    leave('by-hand'),
  ],
  [
    'that an operator wants to be retried, but that has stopped, is left alone',
    { ...instance, state: 'stopped' },
    acted('retry', ended),
    5 * minute,
    leave('by-hand'),
  ],
  [
    'that an operator wants to be retried gets another run at once',
    instance,
    acted('retry', ended),
    4 * minute,
    {
      step: 'rerun',
      rerun: {
        run: acted('retry', ended),
        admission: {
          launch: {
            ...launch,
            deadline: time(24 * minute),
            rerun: { why: 'retry', reason: 'arn:ops: egress is back', released: false, attempt: 1 },
          },
          request,
        },
      },
    },
  ],
  [
    "with another profile than its pool's nodes is left as it is",
    { ...instance, instanceProfile: 'arn:aws:iam::123456789012:instance-profile/other' },
    undefined,
    5 * minute,
    leave('not-ours'),
  ],
  [
    'with another profile is ours once it was admitted',
    { ...instance, instanceProfile: undefined },
    admitted,
    5 * minute,
    leave('under-way'),
  ],
  [
    'that was launched less than two minutes ago is left to its event',
    instance,
    undefined,
    2 * minute - 1,
    leave('young'),
  ],
  [
    'whose event did not arrive within two minutes is admitted',
    instance,
    undefined,
    2 * minute,
    { step: 'admit', admission: { launch, request } },
  ],
  ['that was tagged after its deadline is not admitted', instance, undefined, 20 * minute, leave('late')],
  ['whose admission began is admitted, however late', instance, begun, 60 * minute, { step: 'admit' }],
  [
    'whose admission began without its node is not admitted',
    instance,
    { instanceId, launchedAt, cluster, pool },
    60 * minute,
    leave('late'),
  ],
  ['whose launch is in progress is left as it is', instance, admitted, 5 * minute, leave('under-way')],
  [
    'that goes away before its end is terminated',
    { ...instance, state: 'stopping' },
    admitted,
    5 * minute,
    { step: 'discard', run: admitted, state: 'stopping' },
  ],
  [
    'that goes away because it is being replaced is not terminated',
    { ...instance, state: 'terminated' },
    { ...admitted, replacingAt: launchedAt },
    5 * minute,
    leave('under-way'),
  ],
  [
    'that goes away after its end is left as it is',
    { ...instance, state: 'terminated' },
    { ...admitted, outcome: 'released', ending: 'released' },
    5 * minute,
    leave('ended'),
  ],
  ['20 minutes past its deadline is left to its execution', instance, admitted, 40 * minute, leave('under-way')],
  [
    'more than 20 minutes past its deadline is ended',
    instance,
    admitted,
    40 * minute + 1,
    { step: 'end', run: admitted },
  ],
  [
    'more than 20 minutes past its deadline gets its end published if it has one',
    instance,
    ended,
    62 * minute,
    leave('ended'),
  ],
  [
    'whose command was claimed less than three minutes ago is left as it is',
    instance,
    claimed,
    4 * minute - 1,
    leave('under-way'),
  ],
  [
    'whose command has no answer after three minutes is looked up',
    instance,
    claimed,
    4 * minute,
    { step: 'poll', run: claimed },
  ],
  [
    'whose command was answered is not looked up',
    instance,
    { ...claimed, settledToken: 'token' },
    4 * minute,
    leave('under-way'),
  ],
  [
    'whose claim was released is not looked up',
    instance,
    { ...admitted, token: 'token' },
    4 * minute,
    leave('under-way'),
  ],
  [
    'that no state waits for is not looked up',
    instance,
    { ...admitted, claimedAt: time(minute) },
    4 * minute,
    leave('under-way'),
  ],
  [
    'that ended is looked up until an hour after its claim',
    instance,
    ended,
    61 * minute - 1,
    { step: 'poll', run: ended },
  ],
  ['that ended is not looked up an hour after its claim', instance, ended, 61 * minute, leave('ended')],
  ['that ended within three minutes of its claim is not looked up', instance, ended, 4 * minute - 1, leave('ended')],
  [
    'that the breaker held could run once more',
    instance,
    held,
    5 * minute,
    { step: 'retry', rerun: { run: held, admission: { launch: { rerun: { why: 'held', attempt: 1 } }, request } } },
  ],
  [
    'that the breaker held and is stopped is left as it is',
    { ...instance, state: 'stopped' },
    held,
    5 * minute,
    leave('ended'),
  ],
  [
    'that the breaker held and requests a runtime that is not configured is left as it is',
    { ...instance, tags: { ...instance.tags, 'airlock:runtime': 'runc' } },
    held,
    5 * minute,
    leave('ended'),
  ],
  ['that was quarantined is left as it is', instance, { ...held, ending: 'quarantined' }, 5 * minute, leave('ended')],
];

const decide = (seen: Candidate, run: RunRecord | undefined, now: number) =>
  decideInstance(seen, run, admissionOf(seen, run, config, now), config.versions, now);

describe('a tagged instance', () => {
  it.each(table)('%s', (_rule, seen, run, afterMs, decision) => {
    const decided: InstanceDecision = decide(seen, run, launchMs + afterMs);
    expect(decided).toMatchObject(decision);
  });

  it.each(terminationStates)('in the state %s is terminated if it has no end', (state) => {
    expect(decide({ ...instance, state }, admitted, launchMs + 5 * minute)).toEqual({
      step: 'discard',
      run: admitted,
      state,
    });
  });
});
