import { describe, expect, it } from 'vitest';
import { terminationStates } from '../../../domain/events.ts';
import type { Launch } from '../../../domain/launch.ts';
import type { RunRecord } from '../../../domain/ledger.ts';
import type { Receipt } from '../../../domain/receipt.ts';
import {
  decideTermination,
  type InstanceStatus,
  type TerminationDecision,
  writer,
} from '../../../lambdas/terminations/decide.ts';

const launchedAt = '2026-11-21T09:00:00.000Z';
const minutes = (count: number) => new Date(Date.parse(launchedAt) + count * 60_000).toISOString();
const seconds = (count: number) => minutes(count / 60);
const at = minutes(30);
const launch: Launch = {
  instanceId: 'i-0123456789abcdef0',
  launchedAt,
  cluster: 'demo',
  pool: 'ci',
  nodeName: 'ip-10-0-0-4',
  providerId: 'aws:///eu-central-1a/i-0123456789abcdef0',
  deadline: minutes(20),
};
const { instanceId, cluster, pool, nodeName } = launch;
const admitted: RunRecord = {
  instanceId,
  launchedAt,
  cluster,
  pool,
  launch,
  recordedAt: launchedAt,
  admittedAt: launchedAt,
};
const { admittedAt: _, ...begun } = admitted;
const receipt: Receipt = {
  version: 2,
  ...{ instanceId, launchedAt, cluster, pool, nodeName },
  outcome: 'instance-gone',
  detail: 'EC2 reports terminated',
  endedAt: minutes(29),
  totalMs: 29 * 60_000,
};
const unpublished = { ...admitted, outcome: 'instance-gone', endedBy: writer, endedAt: minutes(29), receipt } as const;
const running = { ...admitted, token: 'token', commandId: 'command' };

const terminated: InstanceStatus = { state: 'terminated', launchedAt };
const alive: InstanceStatus = { state: 'running', launchedAt };

/** The decision for each launch, as a sentence. */
const table: readonly (readonly [
  rule: string,
  row: RunRecord,
  shown: InstanceStatus | undefined,
  decision: Partial<TerminationDecision>,
])[] = [
  ['that EC2 shows as terminated ends', admitted, terminated, { step: 'end', cancel: undefined }],
  ['whose command may run ends, and the command is cancelled', running, terminated, { step: 'end', cancel: 'command' }],
  [
    'whose command was answered ends, and nothing is cancelled',
    { ...running, settledToken: 'token' },
    terminated,
    { step: 'end', cancel: undefined },
  ],
  [
    'that EC2 does not know ends once it is older than five minutes',
    admitted,
    undefined,
    {
      step: 'end',
      receipt: { ...receipt, detail: 'EC2 does not know the instance', endedAt: at, totalMs: 30 * 60_000 },
    },
  ],
  [
    'that was followed by another launch of the instance ends, whatever the later one does',
    admitted,
    { state: 'running', launchedAt: minutes(10) },
    { step: 'end' },
  ],
  [
    'that is later than the one EC2 shows is not gone',
    { ...admitted, launchedAt: minutes(10) },
    terminated,
    { step: 'nothing', because: 'not-gone' },
  ],
  [
    'that reached an end needs nothing',
    { ...admitted, outcome: 'released', endedBy: 'execution' },
    terminated,
    { step: 'nothing', because: 'ended' },
  ],
  [
    'that ended here and was published needs nothing',
    { ...unpublished, publishedAt: minutes(29) },
    terminated,
    { step: 'nothing', because: 'ended' },
  ],
  [
    'that ended before its admission was published gets that published',
    { ...begun, outcome: 'instance-gone', endedBy: writer, publishedAt: minutes(29) },
    terminated,
    { step: 'publish', because: 'admission-unpublished' },
  ],
  [
    'that ended without ever being a node needs nothing',
    { instanceId, launchedAt, cluster, pool, outcome: 'released', endedBy: 'execution' },
    terminated,
    { step: 'nothing', because: 'ended' },
  ],
  [
    'whose end was just written waits for the call that wrote it',
    { ...unpublished, endedAt: seconds(1_756) },
    terminated,
    { step: 'wait', because: 'being-published' },
  ],
  [
    'whose end was written 45 seconds ago and not published is ended by this call, with the receipt of that end',
    { ...unpublished, endedAt: seconds(1_755) },
    alive,
    { step: 'end', receipt },
  ],
  [
    'whose instance is being replaced is not lost',
    { ...admitted, replacingAt: minutes(29) },
    terminated,
    { step: 'nothing', because: 'being-replaced' },
  ],
  [
    'whose record does not hold the node yet waits for admission',
    { instanceId, launchedAt, cluster, pool, recordedAt: launchedAt },
    terminated,
    { step: 'wait', because: 'being-admitted' },
  ],
  [
    'that is being admitted waits for that',
    { ...begun, recordedAt: seconds(1_756) },
    terminated,
    { step: 'wait', because: 'being-admitted' },
  ],
  ['whose admission died is ended by this call', { ...begun, recordedAt: seconds(1_755) }, terminated, { step: 'end' }],
];

describe('a launch whose instance is reported as terminating', () => {
  it.each(table)('%s', (_rule, run, shown, decision) => {
    expect(decideTermination({ instanceId, at: minutes(28) }, run, shown, at)).toMatchObject(decision);
  });

  it.each(terminationStates)('ends if EC2 shows the state %s, and the receipt states so', (state) => {
    expect(decideTermination({ instanceId, at }, admitted, { state, launchedAt }, at)).toMatchObject({
      step: 'end',
      receipt: { outcome: 'instance-gone', detail: `EC2 reports ${state}`, endedAt: at, totalMs: 30 * 60_000 },
    });
  });

  it('is not gone if EC2 shows it running, at the latest a minute after its event', () => {
    const decide = (saidAt: string) => decideTermination({ instanceId, at: saidAt }, admitted, alive, at);
    expect(decide(seconds(1_741))).toEqual({ step: 'wait', because: 'not-visible' });
    expect(decide(seconds(1_740))).toEqual({ step: 'nothing', because: 'not-gone' });
    expect(decide(seconds(1_860))).toEqual({ step: 'nothing', because: 'not-gone' });
  });

  it('is not gone while EC2 may not show it yet', () => {
    const young = minutes(5);
    expect(decideTermination({ instanceId, at: young }, admitted, undefined, young)).toHaveProperty('step', 'wait');
    expect(decideTermination({ instanceId, at: young }, admitted, undefined, seconds(301))).toHaveProperty(
      'step',
      'end',
    );
  });

  it('names the later launch in its receipt', () => {
    const shown = { state: 'pending', launchedAt: minutes(10) };
    expect(decideTermination({ instanceId, at }, admitted, shown, at)).toMatchObject({
      receipt: { detail: `EC2 reports a new launch at ${minutes(10)}` },
    });
  });
});
