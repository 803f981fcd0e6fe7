import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RunRecord, runId } from '../../../domain/ledger.ts';
import { readMessage, sortMessages, waitSeconds } from '../../../lambdas/cluster/messages.ts';
import { runs } from '../../hostile.ts';
import { now as at, rows } from '../arbitraries.ts';
import { installation } from './world.ts';

const now = Date.parse('2026-11-28T09:05:00Z');
const key = { instanceId: 'i-0123456789abcdef0', launchedAt: '2026-11-28T09:00:00.000Z' };
const launch = {
  ...key,
  cluster: 'prod-1',
  pool: 'sandboxes',
  nodeName: 'ip-10-0-0-1',
  providerId: `aws:///eu-central-1a/${key.instanceId}`,
  deadline: '2026-11-28T09:20:00.000Z',
};
const proven: RunRecord = {
  ...key,
  cluster: 'prod-1',
  pool: 'sandboxes',
  launch,
  nonce: 'n',
  token: 't1',
  provenToken: 't1',
  installation,
};

const message = { action: 'release', key, nonce: 'n', token: 'a' };
let ids = 0;
const received = (body: object, SentTimestamp?: string) => {
  const record = {
    messageId: `m${ids++}`,
    receiptHandle: 'r',
    body: JSON.stringify(body),
    attributes: { SentTimestamp },
  };
  const read = readMessage(record);
  if (read === undefined) throw new Error('the message is unreadable');
  return read;
};
const sorted = (run: RunRecord | undefined, ...bodies: readonly object[]) => {
  const runs = new Map(run === undefined ? [] : [[runId(run), run]]);
  return sortMessages(
    bodies.map((body) => received(body)),
    runs,
    'prod-1',
    now,
  );
};
const sizes = ({ wanted, refused, foreign }: ReturnType<typeof sorted>) => [
  wanted.length,
  refused.length,
  foreign.length,
];

describe("a message in a cluster's queue", () => {
  it('has the effect that its record allows, whatever else it contains', () => {
    const { wanted } = sorted(proven, { ...message, launch: { ...launch, nodeName: 'another' }, installation: {} });

    expect(wanted[0]?.asked.call).toEqual({ action: 'release', launch, installation });
  });

  it.each([
    ["without the run's nonce", proven, { nonce: 'guessed' }],
    ['for a record that does not exist', undefined, {}],
    ['for a run that drew no nonce', { ...proven, nonce: undefined } as unknown as RunRecord, { nonce: '' }],
  ])('%s has no effect', (_what, run, change) => {
    expect(sizes(sorted(run, { ...message, ...change }))).toEqual([0, 0, 1]);
  });

  it.each<[string, RunRecord, object]>([
    ['a release before the proof', { ...proven, provenToken: 'earlier' }, {}],
    ['a release after a failure', { ...proven, failure: { outcome: 'proof-failed', detail: '' } }, {}],
    ['a quarantine without a failure', proven, { action: 'quarantine' }],
    ['a release of a run that has ended', { ...proven, outcome: 'released' }, {}],
    ['a release of a node of another cluster', { ...proven, launch: { ...launch, cluster: 'other' } }, {}],
  ])('is refused with its reason if it requests %s', (_what, run, change) => {
    const found = sorted(run, { ...message, ...change });

    expect(sizes(found)).toEqual([0, 1, 0]);
    expect(found.refused[0]?.failure).toMatchObject({
      outcome: 'internal-error',
      detail: expect.stringMatching(/^refused: .+: .+/),
    });
  });

  it('of a state that was retried is processed once, and each of its tokens is answered', () => {
    const { wanted } = sorted(proven, message, { ...message, token: 'b' });

    expect(wanted.map(({ by }) => by.map((one) => one.message.token))).toEqual([['a', 'b']]);
  });

  it.each(['', 'null', '[]', '{}', '{"action":"survey"}', JSON.stringify({ ...message, key: {} })])(
    '%j is not a message',
    (body) => {
      const record = { messageId: 'm', receiptHandle: 'r', body, attributes: {} };
      expect(readMessage(record)).toBeUndefined();
    },
  );
});

describe('the time until a node is polled again', () => {
  const asked = (askedAt: number) => ({ call: { action: 'release', launch, installation } as const, askedAt });

  it.each([
    [0, 0, 0],
    [20_000, 0, 0],
    [0, 1, 3],
    [60_000, 1, 6],
    [240_000, 1, 24],
    [900_000, 1, 30],
    [0, 20_000, 20],
  ])('after a wait of %i ms, with %i ms that the cluster asks for, is %i s', (waited, afterMs, seconds) => {
    expect(waitSeconds(asked(now - waited), afterMs, now)).toBe(seconds);
  });

  it('never passes the last poll, which leaves the state twenty seconds for its answer', () => {
    const until = Date.parse(launch.deadline) - 90_000;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000 }), fc.integer({ min: 0, max: 900_000 }), (waited, before) => {
        const at = until - before;
        const seconds = waitSeconds(asked(at - waited), 1, at);
        expect(seconds).toBeGreaterThanOrEqual(1);
        expect(seconds).toBeLessThanOrEqual(30);
        if (before > 21_000) expect(at + seconds * 1_000).toBeLessThanOrEqual(until - 20_000);
      }),
    );
  });
});

it("whatever a record holds, no message has an effect without the run's nonce", () => {
  const messages = fc.record({
    action: fc.constantFrom('release' as const, 'quarantine' as const, 'close' as const),
    nonce: fc.constantFrom('drawn', 'another', ''),
    token: fc.constant('token-1'),
  });
  fc.assert(
    fc.property(rows, fc.array(messages, { maxLength: 4 }), (run, said) => {
      const key = { instanceId: run.instanceId, launchedAt: run.launchedAt };
      const received = said.map((message) => ({
        record: { attributes: { SentTimestamp: String(at) } } as never,
        message: { ...message, key },
      }));
      const { wanted, refused, foreign } = sortMessages(received, new Map([[runId(run), run]]), 'demo', at);
      const counted = [...wanted.flatMap(({ by }) => by), ...refused];
      for (const { message } of counted) expect(message.nonce).toBe(run.nonce);
      for (const { message } of foreign) expect(run.nonce === undefined || message.nonce !== run.nonce).toBe(true);
      expect(counted.length + foreign.length).toBe(said.length);
      expect(new Set(wanted.map(({ asked }) => asked.call.action)).size).toBe(wanted.length);
    }),
    runs,
  );
});
