import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Rollout } from '../../../domain/rollout/rollout.ts';
import { Failures } from '../../../lambdas/adapters/failures.ts';
import { publishFindings } from '../../../lambdas/reconcile/pass.ts';

const { published, recorded, bus } = vi.hoisted(() => ({
  published: [] as string[],
  recorded: [] as { rollout: { unpublished: readonly string[] }; was: number }[],
  bus: { isClosed: false },
}));
vi.mock('../../../lambdas/adapters/bus.ts', () => ({
  publish: async (drafts: readonly { type: string }[]) => {
    if (bus.isClosed && drafts.length > 0) throw new Error('the bus is closed');
    published.push(...drafts.map(({ type }) => type));
  },
}));
vi.mock('../../../lambdas/adapters/ledger.ts', () => ({ recordReopened: vi.fn() }));
vi.mock('../../../lambdas/adapters/telemetry.ts', () => ({ logger: { error: () => {} } }));
vi.mock('../../../lambdas/adapters/rollouts.ts', () => ({
  recordRollout: async (rollout: Rollout, was: number) => recorded.push({ rollout, was }),
}));

const rollout: Rollout = {
  ...({
    cluster: 'demo',
    pool: 'sandboxed',
    runtime: 'gvisor',
    target: '20260928.0',
    configured: '20260928.0',
  } as const),
  ...({
    startedAt: '2026-11-28T09:00:00.000Z',
    wave: 0,
    members: [],
    done: 1,
    total: 1,
    pinnedToWithdrawn: 0,
  } as const),
  ...{ waitsFor: 'nothing', unpublished: ['Rollout Started', 'Rollout Finished'] },
};
const pass = () => ({
  ...{ failures: new Failures(), findings: [], outdated: [], reopened: [] },
  unpublished: [{ rollout, revision: 7 }],
});

beforeEach(() => {
  for (const list of [published, recorded]) list.length = 0;
  bus.isClosed = false;
});

describe('the events of a rollout', () => {
  it('leave its record once they are published, over the revision that the pass wrote', async () => {
    await publishFindings(pass());
    expect(published).toEqual(['Rollout Started', 'Rollout Finished']);
    expect(recorded).toEqual([{ rollout: { ...rollout, unpublished: [] }, was: 7 }]);
  });

  it('stay in its record if the bus is closed, and the pass fails', async () => {
    bus.isClosed = true;
    const closed = pass();
    await publishFindings(closed);
    expect(recorded).toEqual([]);
    expect(() => closed.failures.rethrow()).toThrow('the bus is closed');
  });
});
