import { describe, expect, it } from 'vitest';
import type { RunRecord } from '../../../domain/ledger.ts';
import type { Admission } from '../../../domain/messages.ts';
import type { ActName } from '../../../domain/operator-acts.ts';
import { planRequestedRun } from '../../../lambdas/reconcile/decide-reruns.ts';

const now = Date.parse('2026-11-21T10:00:00.000Z');
const request = { runtime: 'gvisor', version: '2' } as const;
const launch = {
  instanceId: 'i-0123456789abcdef0',
  launchedAt: '2026-11-21T09:00:00.000Z',
  cluster: 'demo',
  pool: 'ci',
  nodeName: 'ip-10-0-0-4',
  providerId: 'aws:///a/i-0123456789abcdef0',
  deadline: '2026-11-21T09:20:00.000Z',
};
const admission: Admission = { launch, request };
const versions = { gvisor: { default: '2', all: ['1', '2'] } };
const run = (act: ActName, change: Partial<RunRecord> = {}): RunRecord => ({
  instanceId: launch.instanceId,
  launchedAt: launch.launchedAt,
  cluster: 'demo',
  pool: 'ci',
  launch,
  request: { runtime: 'gvisor', version: '1' },
  outcome: 'proof-failed',
  ending: 'quarantined',
  operatorAct: { act, by: 'arn:ops', at: '2026-11-21T09:59:00.000Z', because: 'egress is back' },
  ...change,
});
const released = { outcome: 'released', ending: 'released' } as const;

describe('a run that an operator asked for', () => {
  it('installs what the launch would get today, with a new deadline and the reason', () => {
    expect(planRequestedRun(admission, run('retry'), versions, now)).toEqual({
      launch: {
        ...launch,
        deadline: '2026-11-21T10:20:00.000Z',
        rerun: { why: 'retry', reason: 'arn:ops: egress is back', released: false, attempt: 1 },
      },
      request,
    });
  });

  it('repeats the proof of what was installed, whatever new launches get', () => {
    const plan = planRequestedRun(admission, run('verify', released), versions, now);
    expect(plan?.request?.version).toBe('1');
    expect(plan?.launch.rerun?.released).toBe(true);
  });

  it('ends as refused once more if the tag still requests what is not configured', () => {
    const refused = { outcome: 'unknown-runtime', detail: 'gviso' } as const;
    const plan = planRequestedRun({ launch, refused }, run('retry'), versions, now);
    expect(plan?.refused).toEqual(refused);
    expect(plan?.request).toBeUndefined();
  });

  it('never has an instance terminated on which pods may run: it was released, or its gate was lifted by hand', () => {
    const opened = run('retry');
    const acts = { ...opened.operatorAct, opened: true } as NonNullable<RunRecord['operatorAct']>;
    for (const one of [run('retry', released), { ...opened, operatorAct: acts }])
      expect(planRequestedRun(admission, one, versions, now)?.launch.rerun?.released).toBe(true);
  });

  it.each([
    ['withdrawn', { withdrawn: { '1': 'CVE-2026-96812, high, fixed in 2' } }],
    ['below the minimum', { floor: { version: '2', because: 'minimumVersion in airlock.yaml' } }],
    ['not in the catalogue any more', { all: ['2'] }],
  ])('repeats no proof of a version that is %s by now', (_, change) => {
    const today = { gvisor: { ...versions.gvisor, ...change } };
    expect(planRequestedRun(admission, run('verify', released), today, now)).toBeUndefined();
    expect(planRequestedRun(admission, run('retry', released), today, now)?.request).toEqual(request);
  });

  it('is no proof of a node that never had one', () => {
    expect(planRequestedRun(admission, run('verify'), versions, now)).toBeUndefined();
  });

  it.each(['release', 'quarantine', 'uninstall'] as const)('does not follow from %s', (act) => {
    expect(planRequestedRun(admission, run(act), versions, now)).toBeUndefined();
  });
});
