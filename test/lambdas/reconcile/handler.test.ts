import type { Context } from 'aws-lambda';
import { beforeEach, expect, it, vi } from 'vitest';
import { handler } from '../../../lambdas/reconcile/handler.ts';

const { order, failing } = vi.hoisted(() => ({ order: [] as string[], failing: new Set<string>() }));
const step = vi.hoisted(() => (name: string, answer: unknown) => async () => {
  order.push(name);
  if (failing.has(name)) throw new Error(`${name} failed`);
  return answer;
});
vi.mock('../../../lambdas/adapters/environment.ts', () => ({ variable: () => ({}) }));
vi.mock('../../../lambdas/adapters/bus.ts', () => ({ publish: step('publish findings', undefined) }));
vi.mock('../../../lambdas/adapters/ledger.ts', () => ({ recordReopened: vi.fn(), recordOutdated: vi.fn() }));
vi.mock('../../../lambdas/adapters/telemetry.ts', () => ({
  count: () => {},
  emit: () => {},
  logger: { info: () => {}, error: () => {} },
}));
vi.mock('../../../lambdas/reconcile/fleet.ts', () => ({
  reconcileFleet: step('fleet', {
    found: {},
    ours: new Map(),
    ended: [],
    retried: [],
    running: [],
    expiring: [],
    complete: true,
  }),
}));
vi.mock('../../../lambdas/reconcile/clusters.ts', () => ({
  clusters: ['demo'],
  reconcileCluster: step('cluster', { seen: {}, gatedSince: [], gated: [] }),
}));
vi.mock('../../../lambdas/adapters/rollouts.ts', () => ({ readRollouts: step('read rollouts', []) }));
vi.mock('../../../lambdas/reconcile/rollouts.ts', () => ({ reconcileRollouts: step('rollouts', []) }));
vi.mock('../../../lambdas/reconcile/rollout-metrics.ts', () => ({ reportRollouts: () => {} }));
vi.mock('../../../lambdas/reconcile/open-breakers.ts', () => ({ countOpenBreakers: step('breakers', new Map()) }));
vi.mock('../../../lambdas/reconcile/incidents.ts', () => ({ reportIncidents: step('incidents', 0) }));
vi.mock('../../../lambdas/reconcile/tag-outcomes.ts', () => ({ tagOutcomes: step('tags', undefined) }));
vi.mock('../../../lambdas/reconcile/keep-records.ts', () => ({ keepRecords: step('keep records', 0) }));
vi.mock('../../../lambdas/reconcile/inventory.ts', () => ({ takeInventory: step('inventory', undefined) }));

const context = { getRemainingTimeInMillis: () => 100_000 } as Context;
const steps = [
  'read rollouts',
  'fleet',
  'cluster',
  'rollouts',
  'publish findings',
  'breakers',
  'incidents',
  'tags',
  'keep records',
  'inventory',
];
const once = () => [...new Set(order)];

beforeEach(() => {
  order.length = 0;
  failing.clear();
});

it('a pass repairs first, then publishes, and tags instances after that', async () => {
  await handler({}, context);
  expect(once()).toEqual(steps);
});

it.each(['cluster', 'rollouts', 'publish findings', 'breakers', 'incidents', 'keep records', 'inventory'])(
  'if %s fails, the pass does the rest and fails at its end',
  async (name) => {
    failing.add(name);
    await expect(handler({}, context)).rejects.toThrow(`${name} failed`);
    expect(once()).toEqual(steps);
  },
);

it('if rollouts cannot be read, none goes on, and the pass does the rest and fails at its end', async () => {
  failing.add('read rollouts');
  await expect(handler({}, context)).rejects.toThrow('read rollouts failed');
  expect(once()).toEqual(steps.filter((name) => name !== 'rollouts'));
});
