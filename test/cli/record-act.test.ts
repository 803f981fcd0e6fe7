import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, QueryCommand, type UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, expect, it, vi } from 'vitest';
import { lookAgain } from '../../cli/acts/find-launches.ts';
import type { ActReach } from '../../cli/acts/reach.ts';
import { actOf, recordAct } from '../../cli/acts/record-act.ts';
import type { RunRecord } from '../../domain/ledger.ts';
import { type ActName, operatorActs } from '../../domain/operator-acts.ts';

afterEach(() => vi.restoreAllMocks());

const launchedAt = '2026-11-21T09:00:00.000Z';
const run: RunRecord = { instanceId: 'i-0123456789abcdef0', launchedAt, cluster: 'demo', pool: 'ci' };

/** A ledger in which another run begins, whose record appears after some readings. */
function beginning(appearsAfter: number) {
  const written: string[] = [];
  let readings = 0;
  vi.spyOn(DynamoDBDocumentClient.prototype, 'send').mockImplementation(async (command: unknown) => {
    if (command instanceof QueryCommand)
      return { Items: readings++ < appearsAfter ? [run] : [run, { ...run, launchedAt: `${launchedAt} 0001` }] };
    const { Key = {}, ConditionExpression = '' } = (command as UpdateCommand).input;
    const isMarked = Key['launchedAt'] === launchedAt && ConditionExpression.includes('#rerunAt < :before');
    if (isMarked) throw Object.assign(new Error('no'), { name: 'ConditionalCheckFailedException' });
    written.push(String(Key['launchedAt']));
    return {};
  });
  const events = { send: async () => ({ FailedEntryCount: 0, Entries: [{ EventId: '1' }] }) };
  const dynamoDb = new DynamoDBClient({ region: 'eu-central-1' });
  const sts = { send: async () => ({ Arn: 'arn:ops' }) };
  const reach = { table: 'ledger', bus: 'bus', dynamoDb, events, sts } as unknown as ActReach;
  const pauses: number[] = [];
  const act = (name: ActName) =>
    recordAct(reach, run, actOf(name, run, 'arn:ops', 'a test', '2026-11-21T10:00:00.000Z'), async (ms) => {
      pauses.push(ms);
    });
  return { act, written, pauses };
}

it.each(['quarantine', 'uninstall', 'release'] as const)(
  '%s waits for a run that begins, and counts for it',
  async (act) => {
    const ledger = beginning(2);
    await ledger.act(act);
    expect(ledger.written).toEqual([`${launchedAt} 0001`]);
    expect(ledger.pauses).toEqual([1_000, 1_000, 1_000]);
  },
);

it('an act for a run that never appears is not made, and says when to try again', async () => {
  const ledger = beginning(Number.POSITIVE_INFINITY);
  await expect(ledger.act('quarantine')).rejects.toThrow(/^nothing was done: another run .* in three minutes$/);
  expect(ledger.written).toEqual([]);
  expect(ledger.pauses.length).toBe(10);
});

it.each(['retry', 'verify'] as const)('%s asks for no run while another begins', async (act) => {
  const ledger = beginning(0);
  await expect(ledger.act(act)).rejects.toThrow(/another run of i-0123456789abcdef0 begins/);
  expect(ledger.written).toEqual([]);
  expect(ledger.pauses).toEqual([]);
});

it.each(operatorActs)('%s is refused for a node that another operator closed after it was chosen', async (act) => {
  const ended = { ...run, outcome: 'proof-failed', ending: 'quarantined' } as const;
  const operatorAct = { act: 'quarantine', by: 'arn:another', at: '2026-11-21T09:30:00.000Z', because: '' };
  const item = { ...ended, operatorAct: JSON.stringify(operatorAct) };
  vi.spyOn(DynamoDBDocumentClient.prototype, 'send').mockImplementation(async () => ({ Items: [item] }));
  const reach = { table: 'ledger', dynamoDb: new DynamoDBClient({ region: 'eu-central-1' }) } as ActReach;
  const { refusal } = await lookAgain(act, reach, { run: ended, refusal: undefined });
  expect(refusal).toBe('airlock quarantine was run for it meanwhile, at 2026-11-21T09:30:00.000Z');
});
