import { describe, expect, it } from 'vitest';
import { eventProblem } from '../../domain/event-schema.ts';
import { readTrailLine, rebuildRuns } from '../../domain/trail.ts';

const instanceId = 'i-0123456789abcdef0';
const launchedAt = '2026-11-28T10:00:00.000Z';
const second = (count: number) => new Date(Date.parse(launchedAt) + count * 1_000).toISOString();
const envelope = (at: string) => ({
  schema: 1,
  at,
  actor: { kind: 'workflow', name: 'w' },
  next: 'nothing',
  instanceId,
  launchedAt,
  cluster: 'demo',
  pool: 'sandboxed',
  nodeName: 'ip-10-0-0-4',
  run: 0,
  tookMs: 1,
});
const line = (type: string, detail: object, source = 'airlock'): string =>
  JSON.stringify({ version: '0', id: 'x', time: launchedAt, source, 'detail-type': type, detail });
const admitted = {
  ...envelope(second(1)),
  execution: 'e',
  providerId: `aws:///a/${instanceId}`,
  deadline: second(1_200),
};
const failure = { outcome: 'proof-failed', detail: 'no sandbox' };
const end = { ...envelope(second(9)), version: 2, ...failure, endedAt: second(9), totalMs: 9_000, gate: 'kept' };
const rebuild = (...lines: readonly string[]) => rebuildRuns(lines.flatMap((one) => readTrailLine(one) ?? []));

describe('the runs that the audit trail has', () => {
  it('are rebuilt with their receipts, whatever order the lines have and however often they arrive', () => {
    const lines = [
      line('Node Quarantined', end),
      line('Node Admitted', admitted),
      line('Node Quarantined', end),
      line('EC2 Instance State-change Notification', { 'instance-id': instanceId, state: 'running' }, 'aws.ec2'),
    ];
    const [run, ...others] = rebuild(...lines);
    expect(others).toEqual([]);
    const { schema: _s, at: _a, actor: _c, next: _n, run: _r, tookMs: _t, ...receipt } = end;
    expect(run).toMatchObject({
      ...{ instanceId, launchedAt, cluster: 'demo', pool: 'sandboxed', admittedAt: second(1), execution: 'e' },
      ...{ outcome: 'proof-failed', ending: 'quarantined', endedAt: second(9) },
    });
    expect(run?.receipt).toEqual(receipt);
    expect(run?.launch?.nodeName).toBe('ip-10-0-0-4');
  });

  it('keep the first end, as the ledger does', () => {
    const later = { ...end, at: second(20), endedAt: second(20), outcome: 'instance-gone' };
    const [run] = rebuild(line('Launch Discarded', later), line('Node Quarantined', end));
    expect(run).toMatchObject({ ending: 'quarantined', outcome: 'proof-failed' });
  });

  it('are apart from the runs that repeat work on a launch', () => {
    const rerun = { ...end, run: 1, at: second(99), endedAt: second(99) };
    expect(rebuild(line('Reverification Failed', rerun), line('Node Held', end)).map((run) => run.launchedAt)).toEqual([
      launchedAt,
      `${launchedAt} 0001`,
    ]);
  });

  it('take nothing from lines that are no event of this schema', () => {
    for (const other of ['', '{}', '{"time":1}', line('Node Quarantined', { ...end, schema: 2 })]) {
      expect(rebuild(other)).toEqual([]);
    }
    expect(rebuild(line('Node Quarantined', end, 'orders'))).toEqual([]);
  });
});

describe('the schema of events', () => {
  it('has each field of an event, bounded and in its alphabet', () => {
    expect(eventProblem('Node Quarantined', end)).toBeUndefined();
    for (const [type, detail, problem] of [
      ['Node Lost', end, /Node Lost is no event/],
      ['Node Quarantined', { ...end, owner: 'me' }, /Node Quarantined\.owner is not as documented/],
      ['Node Quarantined', { ...end, detail: 'x '.repeat(2_000) }, /\.detail is not as documented/],
      ['Node Quarantined', { ...end, pool: 'a\u202eb' }, /\.pool is not as documented/],
      ['Node Quarantined', { ...end, actor: { kind: 'node', name: 'x' } }, /actor\.kind/],
      ['Node Quarantined', { ...end, at: 'now' }, /: at: /],
    ] as const) {
      expect(eventProblem(type, detail)).toMatch(problem);
    }
  });
});
