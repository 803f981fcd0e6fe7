import { describe, expect, it } from 'vitest';
import type { RunRecord } from '../../../domain/ledger.ts';
import type { Admission } from '../../../domain/messages.ts';
import type { SurveyedNode } from '../../../domain/survey.ts';
import { decideNode, type ManagedLaunch } from '../../../lambdas/reconcile/decide-node.ts';
import { inTurn, shareOf } from '../../../lambdas/reconcile/turns.ts';

const launchedAt = '2026-11-21T09:00:00.000Z';
const now = Date.parse(launchedAt) + 3_600_000;
const instanceId = 'i-0123456789abcdef0';
const providerId = `aws:///eu-central-1a/${instanceId}`;
const request = { runtime: 'gvisor', version: '20260928.0' } as const;
const launch = {
  instanceId,
  launchedAt,
  cluster: 'b',
  pool: 'ci',
  nodeName: 'ip-10-0-0-4',
  providerId,
  deadline: '2026-11-21T09:20:00.000Z',
};

const ours = (changes: Partial<RunRecord> = {}): ManagedLaunch => ({
  admission: { launch, request },
  run: {
    ...launch,
    request,
    launch,
    admittedAt: launchedAt,
    outcome: 'released',
    ending: 'released',
    endedAt: launchedAt,
    receipt: {
      version: 2,
      ...launch,
      outcome: 'released',
      detail: '',
      endedAt: launchedAt,
      totalMs: 1,
    },
    ...changes,
  },
});

const shown = (changes: Partial<SurveyedNode> = {}): SurveyedNode => ({
  nodeName: launch.nodeName,
  instanceId,
  providerId,
  createdAt: launchedAt,
  runtime: 'gvisor',
  state: 'drifted',
  reason: 'planted',
  outdated: false,
  kernel: '',
  bootId: '',
  ...changes,
});

describe('a Node that drifted', () => {
  it('has the node proven again', () => {
    expect(decideNode('b', shown(), ours(), now)).toMatchObject({
      step: 'drifted',
      rerun: { admission: { launch: { instanceId, rerun: { why: 'drifted', released: true } }, request } },
    });
  });

  it('in cluster A does nothing to the instance of cluster B that it names', () => {
    expect(decideNode('a', shown(), ours(), now)).toEqual({
      step: 'foreign',
      nodeName: launch.nodeName,
      because: `${instanceId} belongs to the cluster b`,
    });
  });

  it.each([
    ['another zone', { providerId: `aws:///eu-central-1b/${instanceId}` }],
    ['another name than the Node that was released', { nodeName: 'ip-10-0-0-66' }],
  ])('with %s does nothing to the instance that it names', (_what, changes) => {
    expect(decideNode('b', shown(changes), ours(), now)).toHaveProperty('step', 'foreign');
  });

  it('is left as it is if an operator changed it by hand', () => {
    const act = { act: 'release', by: 'arn:ops', at: launchedAt, because: 'egress' } as const;
    const opened = ours({ operatorAct: act });
    expect(decideNode('b', shown(), opened, now)).toEqual({ step: 'leave', because: 'by-hand' });
  });

  it.each(['quarantine', 'uninstall'] as const)(
    'after %s by hand is reported as reopened, and no run follows',
    (act) => {
      const operatorAct = { act, by: 'arn:ops', at: launchedAt, because: 'suspect' };
      const closed = ours({ operatorAct });
      const never = ours({ operatorAct, outcome: 'proof-failed', ending: 'quarantined' });
      for (const one of [closed, never]) {
        const found = { step: 'reopened', run: one.run, act: operatorAct, isReported: false };
        expect(decideNode('b', shown(), one, now)).toEqual(found);
        expect(decideNode('b', shown({ state: 'released' }), one, now)).toEqual(found);
        for (const state of ['quarantined', 'gated'] as const)
          expect(decideNode('b', shown({ state }), one, now)).toEqual({ step: 'leave', because: 'by-hand' });
      }
      const soon = ours({ operatorAct: { ...operatorAct, at: new Date(now - 119_000).toISOString() } });
      expect(decideNode('b', shown(), soon, now)).toEqual({ step: 'leave', because: 'by-hand' });
      const reported = ours({ operatorAct, reopenedFor: launchedAt });
      expect(decideNode('b', shown(), reported, now)).toMatchObject({ step: 'reopened', isReported: true });
    },
  );

  it('is left as it is if the ledger has no release', () => {
    const failed = ours({ outcome: 'proof-failed', ending: 'quarantined' });
    expect(decideNode('b', shown(), failed, now)).toEqual({ step: 'leave', because: 'under-way' });
  });
});

describe('a released node whose Node is behind its gate', () => {
  const createdAt = new Date(Date.parse(launchedAt) + 60_000).toISOString();

  it('is proven again if the Node was created after the release: nothing else lifts the gate', () => {
    expect(decideNode('b', shown({ state: 'gated', createdAt }), ours(), now)).toMatchObject({
      step: 'drifted',
      rerun: { admission: { launch: { rerun: { reason: 'its Node registered again after the release' } } } },
    });
  });

  it.each([
    ['the Node is older: someone closed it', { state: 'gated' }, {}],
    ['it is quarantined', { state: 'quarantined', createdAt }, {}],
    ['its latest run failed', { state: 'gated', createdAt }, { outcome: 'proof-failed', ending: 'quarantined' }],
  ] as const)('is left as it is if %s', (_what, changes, run) => {
    expect(decideNode('b', shown(changes), ours(run), now)).toHaveProperty('step', 'leave');
  });
});

it('a gated Node in cluster A that names a late launch of cluster B admits nothing', () => {
  expect(decideNode('a', shown({ state: 'gated' }), late, now)).toHaveProperty('step', 'foreign');
  expect(decideNode('b', shown({ state: 'gated' }), late, now)).toHaveProperty('step', 'admit');
});

const another = { runtime: 'gvisor', version: '20261102.0' } as const;
const withRequest = (wanted: Admission['request'], changes: Partial<RunRecord> = {}): ManagedLaunch => ({
  admission: wanted === undefined ? { launch } : { launch, request: wanted },
  run: { ...ours(changes).run, ...launch, ...changes },
});
const late: ManagedLaunch = { admission: { launch, request }, run: undefined };
const minutesAfter = (minutes: number) => Date.parse(launchedAt) + minutes * 60_000;
const rerun = { why: 'drifted', attempt: 1, released: true, reason: '' } as const;
const leave = (because: string) => ({ step: 'leave', because });

/** The decision for each Node of a pool, as a sentence. */
const table: readonly (readonly [
  rule: string,
  node: SurveyedNode,
  ours: ManagedLaunch | undefined,
  at: number,
  step: object,
])[] = [
  [
    'without one of our instances is left as it is for ten minutes',
    shown({ state: 'gated' }),
    undefined,
    minutesAfter(10),
    leave('unknown'),
  ],
  [
    'without one of our instances is unclaimed after ten minutes',
    shown({ state: 'gated' }),
    undefined,
    minutesAfter(10) + 1,
    { step: 'unclaimed' },
  ],
  [
    'without one of our instances and without a gate is left as it is',
    shown({ state: 'released' }),
    undefined,
    now,
    leave('unknown'),
  ],
  [
    'behind its gate whose event may still arrive is left as it is',
    shown({ state: 'gated' }),
    late,
    minutesAfter(10),
    leave('unknown'),
  ],
  [
    'behind its gate whose event is lost is admitted, with a deadline from now',
    shown({ state: 'gated' }),
    late,
    now,
    {
      step: 'admit',
      admission: { request, launch: { instanceId, deadline: new Date(now + 20 * 60_000).toISOString() } },
    },
  ],
  [
    'without a gate that was never admitted is left as it is',
    shown({ state: 'released' }),
    late,
    now,
    leave('unknown'),
  ],
  [
    'whose run has no end is left as it is',
    shown(),
    withRequest(request, { outcome: undefined as never }),
    now,
    leave('under-way'),
  ],
  [
    'whose record names no release is left as it is',
    shown(),
    withRequest(request, { request: undefined as never }),
    now,
    leave('under-way'),
  ],
  [
    'that was released before its last run failed still counts as released',
    shown(),
    withRequest(request, { outcome: 'breaker-open', ending: 'held', launch: { ...launch, rerun } }),
    now,
    { step: 'drifted' },
  ],
  [
    'that drifted again within the rest after its last run is not verified again yet',
    shown(),
    withRequest(request, { launch: { ...launch, rerun }, endedAt: new Date(now - 299_999).toISOString() }),
    now,
    { step: 'drifted', rerun: undefined },
  ],
  [
    'with the version that new launches get is current',
    shown({ state: 'released' }),
    withRequest(request),
    now,
    leave('current'),
  ],
  [
    'with another version than new launches get is outdated',
    shown({ state: 'released' }),
    withRequest(another),
    now,
    { step: 'outdated', version: request.version, configured: another.version },
  ],
  [
    'that was reported as outdated for that version is not reported again',
    shown({ state: 'released' }),
    withRequest(another, { outdatedFor: another.version }),
    now,
    leave('published'),
  ],
  [
    'that was reported as outdated for an earlier version is reported again',
    shown({ state: 'released' }),
    withRequest(another, { outdatedFor: '20261001.0' }),
    now,
    { step: 'outdated' },
  ],
  [
    'whose tag now requests another runtime is not outdated',
    shown({ state: 'released' }),
    withRequest({ runtime: 'kata', version: '3.32.0' }),
    now,
    leave('current'),
  ],
  [
    'whose tag requests a runtime that is not configured is not outdated',
    shown({ state: 'released' }),
    withRequest(undefined),
    now,
    leave('current'),
  ],
  [
    'behind its gate after its release is not outdated',
    shown({ state: 'gated' }),
    withRequest(another),
    now,
    leave('current'),
  ],
];

describe('a Node of a pool', () => {
  it.each(table)('%s', (_rule, node, itsOwn, at, step) => {
    expect(decideNode('b', node, itsOwn, at)).toMatchObject(step);
  });
});

describe('the clusters of a reconcile run', () => {
  it('start with another one in each run, and each is visited', () => {
    const turns = [0, 1, 2, 3].map((run) => inTurn(['a', 'b', 'c'], run * 120_000).join(''));
    expect(turns).toEqual(['abc', 'bca', 'cab', 'abc']);
    expect(inTurn([], 0)).toEqual([]);
  });

  it('share the remaining time, so that a cluster without an end leaves time for the next', () => {
    expect(shareOf(105_000, 3)).toBe(30_000);
    expect(shareOf(75_000, 2)).toBe(30_000);
    expect(shareOf(45_000, 1)).toBe(30_000);
    expect(shareOf(1_000, 1)).toBe(0);
  });
});

describe('a released Node with a withdrawn version', () => {
  const refused = { outcome: 'version-withdrawn', detail: 'CVE-2026-96812' } as const;
  const tag = `gvisor@${request.version}`;
  const pinned = (changes: Partial<ManagedLaunch> = {}, run: Partial<RunRecord> = {}): ManagedLaunch => ({
    ...ours(run),
    ...{ admission: { launch, refused }, tag, ...changes },
  });
  const open = shown({ state: 'released' });

  it('that its tag names is reported once', () => {
    const one = pinned();
    expect(decideNode('b', open, one, now)).toEqual({ step: 'pinned', ours: one, tag, because: refused.detail });
    const published = { step: 'leave', because: 'published' };
    expect(decideNode('b', open, pinned({}, { outdatedFor: tag }), now)).toEqual(published);
  });

  it.each([
    ['that the pool gets by default', pinned({ tag: 'gvisor' })],
    ['that its tag does not name, because a tag is a claim', pinned({ tag: 'gvisor@20260810.0' })],
    [
      'if its tag was refused for another reason',
      pinned({ admission: { launch, refused: { ...refused, outcome: 'version-too-old' } } }),
    ],
  ])('%s is not', (_why, one) => {
    expect(decideNode('b', open, one, now)).toEqual({ step: 'leave', because: 'current' });
  });
});
