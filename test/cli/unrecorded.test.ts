import { expect, it, vi } from 'vitest';
import { findUnrecorded } from '../../cli/acts/unrecorded.ts';

const instance = vi.hoisted(() => (instanceId: string, change: object = {}, state = 'running') => ({
  instanceId,
  state,
  launchedAt: '2026-08-01T09:00:00.000Z',
  tags: { 'airlock:runtime': 'gvisor', 'eks:cluster-name': 'demo', 'karpenter.sh/nodepool': 'ci', ...change },
}));
vi.mock('../../lambdas/adapters/instances.ts', () => ({
  taggedInstances: async function* () {
    yield [instance('i-old'), instance('i-recorded'), instance('i-stopped', {}, 'stopped')];
    yield [
      instance('i-starting', { 'karpenter.sh/nodepool': 'builders' }, 'pending'),
      instance('i-elsewhere', { 'eks:cluster-name': 'other' }),
    ];
  },
}));

const find = async (pool?: string) => {
  const found = await findUnrecorded({ ec2: {} as never }, { clusters: ['demo'], pool }, new Set(['i-recorded']));
  return found.map(({ run, refusal }) => [run.instanceId, run.pool, /records are kept for 90 days/.test(refusal)]);
};

it('every running instance with the tag that the ledger does not know is named, of the clusters of airlock.yaml', async () => {
  expect(await find()).toEqual([
    ['i-old', 'ci', true],
    ['i-starting', 'builders', true],
  ]);
});

it('of one pool only its own are named', async () => {
  expect(await find('builders')).toEqual([['i-starting', 'builders', true]]);
});
