import { describe, expect, test } from 'vitest';
import type { LedgerRow } from '../../../domain/ledger.ts';
import type { SurveyedNode } from '../../../domain/survey.ts';
import { decideNode, type Ours } from '../../../lambdas/reconcile/decide-node.ts';
import { inTurn, shareOf } from '../../../lambdas/reconcile/turns.ts';

const launchedAt = '2026-11-21T09:00:00.000Z';
const now = Date.parse(launchedAt) + 3_600_000;
const instanceId = 'i-0123456789abcdef0';
const providerId = `aws:///eu-central-1a/${instanceId}`;
const request = { runtime: 'gvisor', release: '20260928.0' } as const;
const launch = {
  instanceId,
  launchedAt,
  cluster: 'b',
  pool: 'ci',
  nodeName: 'ip-10-0-0-4',
  providerId,
  deadline: '2026-11-21T09:20:00.000Z',
};

const ours = (changes: Partial<LedgerRow> = {}): Ours => ({
  admission: { node: launch, request },
  row: {
    ...launch,
    request,
    node: launch,
    admittedAt: launchedAt,
    outcome: 'released',
    ending: 'released',
    endedAt: launchedAt,
    receipt: {
      version: 1,
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
  test('has the node proven again', () => {
    expect(decideNode('b', shown(), ours(), now)).toMatchObject({
      step: 'drifted',
      admission: { node: { instanceId, again: { why: 'drifted', released: true } }, request },
    });
  });

  test('in cluster A does nothing to the instance of cluster B that it names', () => {
    expect(decideNode('a', shown(), ours(), now)).toEqual({
      step: 'foreign',
      nodeName: launch.nodeName,
      because: `${instanceId} belongs to the cluster b`,
    });
  });

  test.each([
    ['another zone', { providerId: `aws:///eu-central-1b/${instanceId}` }],
    ['another name than the Node that was released', { nodeName: 'ip-10-0-0-66' }],
  ])('with %s does nothing to the instance that it names', (_what, changes) => {
    expect(decideNode('b', shown(changes), ours(), now)).toHaveProperty('step', 'foreign');
  });

  test('is left alone where the ledger knows of no release', () => {
    const failed = ours({ outcome: 'proof-failed', ending: 'quarantined' });
    expect(decideNode('b', shown(), failed, now)).toEqual({ step: 'leave', because: 'under-way' });
  });
});

test('a gated Node in cluster A that names a late launch of cluster B admits nothing', () => {
  const late: Ours = { admission: { node: launch, request }, row: undefined };
  expect(decideNode('a', shown({ state: 'gated' }), late, now)).toHaveProperty('step', 'foreign');
  expect(decideNode('b', shown({ state: 'gated' }), late, now)).toHaveProperty('step', 'admit');
});

describe('the clusters of a reconcile run', () => {
  test('begin with another one in each run, and each is looked at', () => {
    const turns = [0, 1, 2, 3].map((run) => inTurn(['a', 'b', 'c'], run * 120_000).join(''));
    expect(turns).toEqual(['abc', 'bca', 'cab', 'abc']);
    expect(inTurn([], 0)).toEqual([]);
  });

  test('have a share of the time that is left each, so that one without an end leaves time for the next', () => {
    expect([shareOf(95_000, 3), shareOf(65_000, 2), shareOf(35_000, 1), shareOf(1_000, 1)]).toEqual([
      30_000, 30_000, 30_000, 0,
    ]);
  });
});
