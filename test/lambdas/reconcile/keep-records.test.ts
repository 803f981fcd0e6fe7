import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Admissible } from '../../../domain/function-settings.ts';
import type { SeenInstance } from '../../../lambdas/adapters/instances.ts';
import { here } from '../../../packages/local-aws/aws.ts';
import { VirtualClock } from '../../../packages/local-aws/clock.ts';
import { DynamoDb } from '../../../packages/local-aws/dynamodb.ts';
import { make, PermissiveAws, someone } from '../../../packages/local-aws/test/services/permissive.ts';

process.env['LEDGER_TABLE'] = 'ledger';
vi.mock('../../../lambdas/admission/admit-all.ts', () => ({ admitAll: vi.fn() }));
vi.mock('../../../lambdas/adapters/telemetry.ts', () => ({ logger: { info: () => {} } }));
const { client } = await import('../../../lambdas/adapters/table.ts');
const ledger = await import('../../../lambdas/adapters/ledger.ts');
const { keepRecords, listExpiring } = await import('../../../lambdas/reconcile/keep-records.ts');
const { readLatestRuns } = await import('../../../lambdas/reconcile/latest-runs.ts');

const day = 24 * 3_600_000;
const launchedAt = '2026-11-21T09:00:00.000Z';
const launch = { instanceId: 'i-0123456789abcdef0', launchedAt, cluster: 'demo', pool: 'ci' };
const instance = { ...launch, state: 'running', tags: {} } as unknown as SeenInstance;
const request = { runtime: 'gvisor', version: '1' };

type Values = Readonly<Record<string, unknown>>;
const toWire = (values: Values) =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, typeof value === 'number' ? { N: `${value}` } : { S: `${value}` }]],
    ),
  );
const fromWire = (item: Record<string, { readonly S?: string; readonly N?: string }>) =>
  Object.fromEntries(Object.entries(item).map(([name, { S, N }]) => [name, N === undefined ? S : Number(N)]));

let clock: VirtualClock;
beforeEach(async () => {
  clock = new VirtualClock(Date.parse(launchedAt));
  vi.useFakeTimers({ toFake: ['Date'], now: clock.now() });
  const aws = new PermissiveAws(clock);
  const dynamodb = new DynamoDb({ clock, env: here });
  aws.add(dynamodb.service);
  const [name, sort] = ['instanceId', 'launchedAt'];
  await make(aws, dynamodb.resourceTypes, 'AWS::DynamoDB::Table', {
    TableName: 'ledger',
    KeySchema: [
      { AttributeName: name, KeyType: 'HASH' },
      { AttributeName: sort, KeyType: 'RANGE' },
    ],
    AttributeDefinitions: [name, sort].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    BillingMode: 'PAY_PER_REQUEST',
    TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
  });
  vi.spyOn(client, 'send').mockImplementation(async (command: object) => {
    const { input } = command as { readonly input: Values };
    if ('RequestItems' in input) {
      const { Keys } = (input['RequestItems'] as { ledger: { Keys: readonly Values[] } }).ledger;
      const RequestItems = { ledger: { Keys: Keys.map(toWire), ConsistentRead: true } };
      const found = await aws.call(someone, 'dynamodb', 'BatchGetItem', { RequestItems });
      return {
        Responses: { ledger: (found as { Responses: { ledger: never[] } }).Responses.ledger.map(fromWire) },
      };
    }
    const values = toWire((input['ExpressionAttributeValues'] ?? {}) as Values);
    const wire = { ...input, Key: toWire(input['Key'] as Values), ExpressionAttributeValues: values };
    await aws.call(someone, 'dynamodb', 'UpdateItem', wire).catch((error: Error & { code?: string }) => {
      throw Object.assign(error, { name: error.code });
    });
    return {};
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Lets days pass. Reconcile keeps records every five days if it works. */
async function pass(days: number, isKeeping: boolean): Promise<void> {
  for (let on = 0; on < days; on += 5) {
    await clock.run(() => false, clock.now() + 5 * day);
    vi.setSystemTime(clock.now());
    const { runs, first } = await readLatestRuns([instance], {} as Admissible);
    if (isKeeping) await keepRecords(listExpiring([...first.values(), ...runs.values()], clock.now()));
  }
}

const admit = async (attempt: number) => {
  const at = new Date(clock.now()).toISOString();
  const rerun = attempt === 0 ? {} : { rerun: { why: 'drifted', reason: 'r', released: true, attempt } };
  const own = { ...launch, ...rerun } as Parameters<typeof ledger.recordAdmission>[0]['launch'];
  await ledger.recordAdmission({ launch: own, request } as Parameters<typeof ledger.recordAdmission>[0], 'e', at);
  await ledger.recordAdmitted(own, at);
  if (attempt > 0) await ledger.recordRunCount(launch, attempt);
};
const known = async () => {
  const { runs, unbegun } = await readLatestRuns([instance], {} as Admissible);
  return { latest: [...runs.values()].map((run) => run.launchedAt), unread: unbegun.size };
};

it('the ledger forgets a launch that reconcile does not keep', async () => {
  await admit(0);
  await pass(95, false);
  expect(await known()).toEqual({ latest: [], unread: 0 });
});

it('the records of a node that runs for a year stay', async () => {
  await admit(0);
  await pass(365, true);
  expect(await known()).toEqual({ latest: [launchedAt], unread: 0 });
});

it('the first and the latest run stay, however late the latest one began', async () => {
  await admit(0);
  await pass(80, true);
  await admit(1);
  await pass(20, true);
  await admit(2);
  await pass(100, true);
  expect(await known()).toEqual({ latest: [`${launchedAt} 0002`], unread: 0 });
});

it('a run is kept for 90 days from its own beginning, not from that of its launch', async () => {
  await admit(0);
  await pass(80, false);
  await admit(1);
  await pass(15, false);
  const runs = await ledger.readRuns([{ instanceId: launch.instanceId, launchedAt: `${launchedAt} 0001` }]);
  expect([...runs.keys()]).toEqual([`${launch.instanceId} ${launchedAt} 0001`]);
});

it('a record that is gone, or was never admitted, is not written', async () => {
  await ledger.renewRecord(launch, launchedAt);
  expect(await known()).toEqual({ latest: [], unread: 0 });
});

it('one pass renews 200 records, those with the least time left first', async () => {
  const record = (n: number, days: number) => ({
    ...{ instanceId: `i-${n}`, launchedAt, cluster: 'demo', pool: 'ci', admittedAt: launchedAt },
    expiresAt: (clock.now() + days * day) / 1_000,
  });
  const records = Array.from({ length: 300 }, (_, n) => record(n, 29 - n / 100));
  expect(listExpiring([...records, record(301, 31)], clock.now())).toHaveLength(300);
  const updated = vi.mocked(client.send);
  updated.mockClear();
  expect(await keepRecords(records)).toBe(200);
  const ids = updated.mock.calls.map(([{ input }]) => (input as { Key?: { instanceId: string } }).Key?.instanceId);
  expect(ids).toContain('i-299');
  expect(ids).not.toContain('i-99');
});
