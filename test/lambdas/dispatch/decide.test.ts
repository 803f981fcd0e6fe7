import { describe, expect, it } from 'vitest';
import { arrivalOf, isInformative, type Likely, likelyArrival, withArrivals } from '../../../domain/agents.ts';
import { cleanupReserveSeconds } from '../../../domain/launch.ts';
import type { RunRecord } from '../../../domain/ledger.ts';
import type { WaitingLaunch } from '../../../domain/messages.ts';
import { type Agent, decideDispatch, refusalNow } from '../../../lambdas/dispatch/decide.ts';
import { agentWait, pollDelay } from '../../../lambdas/dispatch/waiting.ts';

const launchedAt = '2026-11-21T09:00:00.000Z';
const now = Date.parse(launchedAt) + 40_000;
const key = { instanceId: 'i-0123456789abcdef0', launchedAt, cluster: 'demo', pool: 'ci' };
const message: WaitingLaunch = {
  token: 'token-1',
  attempt: 1,
  launch: {
    ...key,
    nodeName: 'ip-10-0-0-1',
    providerId: 'aws:///eu-central-1a/i-0123456789abcdef0',
    deadline: '2026-11-21T09:20:00.000Z',
  },
  request: { runtime: 'gvisor', version: '20260928.0' },
};
const agent = { ping: 'Online', lastPingAt: '2026-11-21T09:00:35.000Z', version: '3.3.2746.0' };
const late = Date.parse(message.launch.deadline);
const claimed: RunRecord = { ...key, token: 'token-1', batchId: 'b1', claimedAt: '2026-11-21T09:00:38.000Z' };

/** A single node that waits, in a pool without arrivals. */
function decide(waiting: WaitingLaunch, run: RunRecord | undefined, seen: Agent | undefined, at: number) {
  return decideDispatch(waiting, run, seen, { arrivals: [], nodes: 1, refusal: undefined }, at);
}

describe('a node that waits for its command', () => {
  it('gets it as soon as its agent is online', () => {
    expect(decide(message, undefined, agent, now)).toEqual({ step: 'send', onlineAt: agent.lastPingAt });
  });

  it.each([
    ['SSM does not know it', undefined],
    ['its agent lost the connection', { ...agent, ping: 'ConnectionLost' }],
    ['the last ping is from an earlier launch', { ...agent, lastPingAt: '2026-11-21T08:59:59.000Z' }],
  ])('waits if %s', (_, seen) => {
    expect(decide(message, undefined, seen, now)).toMatchObject({ step: 'wait', because: 'agent-offline' });
  });

  it.each(['3.3.2745.9', '3.2.9999.0', '2.3.2746.0', '3.3'])(
    'is refused with the agent %s, which would not honour ENV_VAR',
    (version) => {
      const later = Date.parse(message.launch.launchedAt) + 300_000;
      expect(decide(message, undefined, { ...agent, version }, later)).toMatchObject({
        step: 'refuse',
        failure: { outcome: 'agent-too-old', detail: expect.stringContaining(version) },
      });
    },
  );

  it('waits some minutes for an agent that is too old, because its user data may be updating it', () => {
    const old = { ...agent, version: '3.3.808.0' };
    const at = (ms: number) => Date.parse(message.launch.launchedAt) + ms;

    expect(decide(message, undefined, old, at(299_000))).toMatchObject({
      step: 'wait',
      because: 'agent-too-old',
    });
    expect(decide(message, undefined, agent, at(299_000))).toMatchObject({ step: 'send' });
  });

  it('is refused for its agent in time if its deadline comes first', () => {
    const old = { ...agent, version: '3.3.808.0' };
    const deadline = new Date(Date.parse(message.launch.launchedAt) + 240_000).toISOString();
    const late = Date.parse(deadline) - 110_000;

    const decided = decide({ ...message, launch: { ...message.launch, deadline } }, undefined, old, late);
    expect(decided).toMatchObject({ step: 'refuse', failure: { outcome: 'agent-too-old' } });
  });

  it.each(['3.3.2746.0', '3.3.3000.0', '3.4.0.0', '4.0.0.0'])('is served with the agent %s', (version) => {
    expect(decide(message, undefined, { ...agent, version }, now)).toMatchObject({ step: 'send' });
  });

  it('is given up as agent-offline when its time is up, which leaves the time for cleanup before the deadline', () => {
    expect(decide(message, undefined, undefined, late - (cleanupReserveSeconds + 26) * 1_000)).toMatchObject({
      step: 'wait',
    });
    expect(decide(message, undefined, undefined, late - (cleanupReserveSeconds + 25) * 1_000)).toMatchObject({
      step: 'refuse',
      failure: { outcome: 'agent-offline' },
    });
  });

  it('is dropped when its time is up', () => {
    const up = late - cleanupReserveSeconds * 1_000;
    expect(decide(message, undefined, agent, up)).toEqual({ step: 'drop', because: 'deadline' });
    expect(decide(message, undefined, agent, up - 1)).toMatchObject({ step: 'send' });
  });

  it('is dropped once it is cancelled, whatever else holds', () => {
    const row = { ...message.launch, cancelledAt: new Date(now).toISOString() };
    expect(decide(message, row, agent, now)).toEqual({ step: 'drop', because: 'cancelled' });
  });
});

describe('a message that is delivered again', () => {
  it('is dropped if the command of this attempt was sent', () => {
    expect(decide(message, { ...claimed, commandId: 'c1' }, agent, now)).toEqual({
      step: 'drop',
      because: 'sent',
    });
  });

  it.each([
    ['was sent', { commandId: 'c2' }],
    ['has ended', { commandId: 'c2', settledToken: 'token-2' }],
  ])('is dropped if a later attempt %s', (_, more) => {
    const row = { ...claimed, token: 'token-2', attempt: 2, ...more };
    expect(decide(message, row, agent, now)).toEqual({ step: 'drop', because: 'superseded' });
  });

  it.each([
    ['was answered', { settledToken: 'token-1' }],
    ['ended', { outcome: 'released' }],
  ] as const)('has only its command published if the run %s before that was recorded', (_, done) => {
    const run: RunRecord = { ...claimed, ...done, onlineAt: agent.lastPingAt };
    expect(decide(message, run, agent, now)).toEqual({ step: 'publish', batchId: 'b1', onlineAt: agent.lastPingAt });
    expect(decide(message, { ...run, commandId: 'c1' }, agent, now)).toMatchObject({ step: 'drop' });
    expect(decide(message, { ...run, token: 'another' }, agent, now)).not.toMatchObject({ step: 'publish' });
  });

  it('is refused if its version was withdrawn after the launch was admitted, unless its command may have been sent', () => {
    const refusal = { outcome: 'version-withdrawn', detail: '20260928.0 is withdrawn' } as const;
    const context = { arrivals: [], nodes: 1, refusal };
    expect(decideDispatch(message, undefined, agent, context, now)).toEqual({ step: 'refuse', failure: refusal });
    expect(decideDispatch(message, undefined, undefined, context, now)).toEqual({ step: 'refuse', failure: refusal });
    expect(decideDispatch(message, claimed, agent, context, now + 91_000)).toMatchObject({ step: 'look' });
    expect(decideDispatch(message, { ...claimed, commandId: 'c1' }, agent, context, now)).toMatchObject({
      step: 'drop',
    });
  });

  it('is compared with the versions of today, unless an open node drifted', () => {
    const versions = { gvisor: { default: '20261005.0', all: ['20261005.0'] } };
    const why = (why: 'drifted' | 'verify' | 'retry') => {
      const rerun = { why, attempt: 1, released: true, reason: '' };
      return refusalNow({ ...message, launch: { ...message.launch, rerun } }, versions)?.outcome;
    };
    expect([refusalNow(message, versions)?.outcome, why('verify'), why('retry')]).toEqual(
      Array(3).fill('unknown-runtime'),
    );
    expect(why('drifted')).toBeUndefined();
  });

  it('is sent if an earlier attempt has ended', () => {
    const row = { ...claimed, token: 'token-0', attempt: 0, commandId: 'c0', settledToken: 'token-0' };
    expect(decide(message, row, agent, now)).toMatchObject({ step: 'send' });
  });

  it('is dropped if the node has ended', () => {
    expect(decide(message, { ...key, outcome: 'released' }, agent, now)).toEqual({
      step: 'drop',
      because: 'ended',
    });
  });

  it('waits while another dispatcher may be about to send', () => {
    expect(decide(message, claimed, agent, now)).toMatchObject({ step: 'wait', because: 'claimed' });
  });

  it('looks for the command by its batch if the dispatcher that claimed it must be dead', () => {
    expect(decide(message, claimed, agent, now + 90_000)).toMatchObject({ step: 'look', batchId: 'b1' });
  });

  it('is sent without a look if the claim was released', () => {
    const { claimedAt, ...givenBack } = claimed;
    expect(claimedAt).toBeDefined();
    expect(decide(message, givenBack, agent, now)).toMatchObject({ step: 'send' });
  });
});

describe('a second attempt', () => {
  const second = { ...message, token: 'token-2' };

  it('waits while the first one may still run on the node', () => {
    expect(decide(second, { ...claimed, commandId: 'c1' }, agent, now)).toMatchObject({
      step: 'wait',
      because: 'unsettled',
    });
  });

  it('is sent once the first one is over', () => {
    const row = { ...claimed, commandId: 'c1', settledToken: 'token-1' };
    expect(decide(second, row, agent, now)).toMatchObject({ step: 'send' });
  });
});

const far = 3_600_000;

/** The ages, in seconds, at which a node whose agent does not come online is polled. */
function looks(likely: Likely, nodes: number, until: number): number[] {
  const ages: number[] = [];
  for (let age = 8; age < until; age += agentWait(age * 1_000, far, likely, nodes)) ages.push(age);
  return ages;
}

describe('the polls of a node whose agent is not online', () => {
  const likely = likelyArrival([24, 25, 25, 26, 31]);

  it('are a second apart while agents of its pool come online, and rare before and after', () => {
    const ages = looks(likely, 1, 600);
    const between = (from: number, to: number) => ages.filter((age) => age >= from && age < to).length;

    expect(likely).toEqual({ from: 22, to: 33, every: 1 });
    expect(between(0, 8)).toBe(0);
    expect(between(8, 22)).toBe(1);
    expect(between(22, 33)).toBe(11);
    expect(between(33, 93)).toBe(16);
    expect(between(93, 600)).toBe(12);
  });

  it('are two seconds apart from ten seconds on in a pool without arrivals', () => {
    expect(looks(likelyArrival([]), 1, 20)).toEqual([8, 10, 12, 14, 16, 18]);
  });

  it.each([1, 50, 200, 1_000, 5_000])('are at most a hundred a second if %i nodes wait', (nodes) => {
    const spacings = looks(likely, nodes, 600).map((age) => agentWait(age * 1_000, far, likely, nodes));

    // The first poll is at the end of another wait.
    expect(nodes / Math.min(...spacings.slice(1))).toBeLessThanOrEqual(100);
  });

  it('start when most agents are online if polls are rare', () => {
    expect(looks(likely, 5_000, 100).slice(0, 2)).toEqual([8, 33]);
  });

  it("are a minute apart at most, whatever the pool's arrivals", () => {
    const poisoned = likelyArrival(Array.from({ length: 20 }, () => arrivalOf(launchedAt, '2027-01-01T00:00:00.000Z')));

    expect(poisoned.to).toBeLessThanOrEqual(660);
    expect(Math.max(...looks(poisoned, 1, 3_000).map((age, at, all) => age - (all[at - 1] ?? age)))).toBe(60);
  });

  it('are at most sixty for the widest spread that a pool can show', () => {
    const spread = likelyArrival([0, 600, 0, 600, 0, 600]);

    expect(looks(spread, 1, 660).length).toBeLessThanOrEqual(60);
  });
});

describe("a pool's arrivals", () => {
  it('are in seconds from the launch, from 0 to 600, whatever a node does with its agent', () => {
    expect(
      [launchedAt, '2026-11-21T09:00:31.400Z', '2026-11-22T09:00:00.000Z'].map((at) => arrivalOf(launchedAt, at)),
    ).toEqual([0, 31, 600]);
    expect(arrivalOf(launchedAt, '2026-11-21T08:00:00.000Z')).toBe(0);
  });

  it('are its latest twenty', () => {
    const known = Array.from({ length: 20 }, (_, at) => at);
    expect(withArrivals(known, [98, 99])).toEqual([...known.slice(2), 98, 99]);
  });

  it('do not move with one straggler', () => {
    const usual = Array.from({ length: 19 }, () => 25);
    expect(likelyArrival([...usual, 600])).toEqual(likelyArrival([...usual, 25]));
  });

  it('include no node without a pool, and no rerun', () => {
    const { launch: node } = message;
    expect(isInformative(node)).toBe(true);
    expect(isInformative({ ...node, pool: node.instanceId })).toBe(false);
    expect(isInformative({ ...node, rerun: { attempt: 1, why: 'drifted', at: launchedAt } as never })).toBe(false);
  });
});

describe('the time until the next poll', () => {
  it('is a tenth of the age of a node that waits for something other than its agent, from 5 s to 60 s', () => {
    expect([0, 40_000, 200_000, 900_000].map((age) => pollDelay(age, far))).toEqual([5, 5, 20, 60]);
  });

  it('leaves time for a last poll before the deadline', () => {
    expect(pollDelay(900_000, 60_000)).toBe(40);
    expect(agentWait(900_000, 60_000, likelyArrival([]), 1)).toBe(40);
  });
});
