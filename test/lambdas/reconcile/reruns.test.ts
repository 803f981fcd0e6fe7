import { describe, expect, it } from 'vitest';
import { type Breaker, breakerKey, scopeOf } from '../../../domain/breaker.ts';
import type { RunRecord } from '../../../domain/ledger.ts';
import type { Admission } from '../../../domain/messages.ts';
import { decideRetries, isHeld, planRerun, type Rerun } from '../../../lambdas/reconcile/decide-reruns.ts';

const minute = 60_000;
const endedAt = Date.parse('2026-11-21T10:00:00.000Z');
const request = { runtime: 'gvisor', version: '20260928.0' } as const;

function admission(id: string, pool = 'ci'): Admission {
  const launch = {
    instanceId: `i-${id.padStart(17, '0')}`,
    launchedAt: '2026-11-21T09:00:00.000Z',
    cluster: 'demo',
    pool,
    nodeName: 'ip-10-0-0-4',
    providerId: `aws:///eu-central-1a/i-${id.padStart(17, '0')}`,
    deadline: '2026-11-21T09:20:00.000Z',
    hook: { name: 'airlock', group: 'ci' },
  };
  return { launch, request };
}

/** A node that was held so many minutes before or after ten o'clock, in the run with this number. */
function held(id: string, { minutes = 0, way = 0, pool = 'ci' } = {}): Rerun {
  const { launch: node } = admission(id, pool);
  const why = { why: 'held', reason: '', released: false } as const;
  const run: RunRecord = {
    instanceId: node.instanceId,
    launchedAt: node.launchedAt,
    cluster: 'demo',
    pool,
    request,
    launch: way === 0 ? node : { ...node, rerun: { ...why, attempt: way } },
    outcome: 'proof-failed',
    ending: 'held',
    endedAt: new Date(endedAt + minutes * minute).toISOString(),
  };
  return { admission: planRerun({ launch: node, request }, run, why, endedAt), run };
}

const breaker = (pool: string, state: Breaker['state']) =>
  [breakerKey(scopeOf(admission('1', pool).launch, request)).instanceId, { state, failed: [], passed: 0 }] as const;
const open = new Map([breaker('ci', 'open')]);
const closed = new Map([breaker('ci', 'closed')]);
const rows = (nodes: readonly Rerun[]) => nodes.map(({ run: row }) => row);
const ids = (reruns: readonly Rerun[]) => reruns.map(({ run }) => Number(run.instanceId.slice(2)));

describe('nodes that were held', () => {
  it('all run once more immediately if their breaker is closed', () => {
    const nodes = [held('1'), held('2')];
    expect(ids(decideRetries(nodes, rows(nodes), closed, endedAt + 1))).toEqual([1, 2]);
  });

  it('run one at a time if it is open, the longest waiting first', () => {
    const nodes = [held('1'), held('2', { minutes: -1 }), held('3', { minutes: 1 })];
    expect(ids(decideRetries(nodes, rows(nodes), open, endedAt + 10 * minute))).toEqual([2]);
  });

  it('rest for five minutes first if it is open', () => {
    const nodes = [held('1')];
    expect(decideRetries(nodes, rows(nodes), open, endedAt + 5 * minute - 1)).toEqual([]);
    expect(ids(decideRetries(nodes, rows(nodes), open, endedAt + 5 * minute))).toEqual([1]);
  });

  it('wait while another of their pool and version is tried', () => {
    const nodes = [held('1')];
    const { run: row } = held('2', { way: 1 });
    const { outcome: _, ...trying } = row;
    expect(decideRetries(nodes, [...rows(nodes), trying], open, endedAt + 10 * minute)).toEqual([]);
    const elsewhere = [...rows(nodes), { ...trying, pool: 'builders' }];
    expect(ids(decideRetries(nodes, elsewhere, open, endedAt + 10 * minute))).toEqual([1]);
  });

  it.each([
    [1, 5],
    [2, 10],
    [3, 20],
    [4, 40],
    [5, 60],
    [40, 60],
  ])("rest after run number %i for %i minutes, whatever the breaker's state", (way, minutes) => {
    const nodes = [held('1', { way })];
    for (const breakers of [open, closed]) {
      expect(decideRetries(nodes, rows(nodes), breakers, endedAt + minutes * minute - 1)).toEqual([]);
      expect(ids(decideRetries(nodes, rows(nodes), breakers, endedAt + minutes * minute))).toEqual([1]);
    }
  });

  it('depend on the breaker of what they would be sent now, not of what failed', () => {
    const { run } = held('1');
    const launch = held('1').admission.launch;
    const another = { run, admission: { launch, request: { ...request, version: '20261102.0' } } };
    expect(ids(decideRetries([another], [run], open, endedAt + 1))).toEqual([1]);
  });
});

describe("a node's next run", () => {
  it('has as much time as its first, the next number, and no launch hook', () => {
    const { launch: node } = held('1', { way: 2 }).admission;
    expect(node).toMatchObject({ deadline: '2026-11-21T10:20:00.000Z', rerun: { why: 'held', attempt: 3 } });
    expect(node).not.toHaveProperty('hook');
  });

  it('remembers that the node was released before', () => {
    const { run: row } = held('1', { way: 1 });
    const why = { why: 'held', reason: '' } as const;
    const drifted = { ...row, launch: { ...admission('1').launch, rerun: { ...why, attempt: 1, released: true } } };
    expect(planRerun(admission('1'), drifted, why, endedAt).launch.rerun?.released).toBe(true);
    expect(planRerun(admission('1'), row, why, endedAt).launch.rerun?.released).toBe(false);
  });
});

describe('a node that was to be re-verified', () => {
  it('does not count as held if it was never tried', () => {
    const { run: row } = held('1');
    const rerun = { why: 'drifted', attempt: 1, reason: '', released: true } as const;
    const drifted = { ...row, launch: { ...admission('1').launch, rerun } };
    expect(isHeld({ ...drifted, outcome: 'breaker-open' })).toBe(false);
    expect(isHeld(drifted)).toBe(true);
    expect(isHeld({ ...row, outcome: 'breaker-open' })).toBe(true);
  });
});
