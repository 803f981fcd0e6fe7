// Examples from https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html
// and its neighbours
import { beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../clock.ts';
import { here } from '../../../gateway/service.ts';
import { DynamoDb } from '../../../services/dynamodb/dynamodb.ts';
import { make, PermissiveAws, someone } from '../permissive.ts';

const TableName = 'ledger';
const Key = { id: { S: 'i-1' }, at: { S: '2026' } };
const table = {
  TableName,
  KeySchema: [
    { AttributeName: 'id', KeyType: 'HASH' },
    { AttributeName: 'at', KeyType: 'RANGE' },
  ],
  AttributeDefinitions: [
    { AttributeName: 'id', AttributeType: 'S' },
    { AttributeName: 'at', AttributeType: 'S' },
    { AttributeName: 'command', AttributeType: 'S' },
  ],
  BillingMode: 'PAY_PER_REQUEST',
  GlobalSecondaryIndexes: [
    {
      IndexName: 'byCommand',
      KeySchema: [{ AttributeName: 'command', KeyType: 'HASH' }],
      Projection: { ProjectionType: 'ALL' },
    },
  ],
  TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
  PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
};

let clock: VirtualClock;
let aws: PermissiveAws;
let dynamodb: DynamoDb;

beforeEach(async () => {
  clock = new VirtualClock();
  aws = new PermissiveAws(clock);
  dynamodb = new DynamoDb({ clock, env: here });
  aws.add(dynamodb.service);
  await make(aws, dynamodb.resourceTypes, 'AWS::DynamoDB::Table', table);
});

const call = (operation: string, input: object) => aws.call(someone, 'dynamodb', operation, { TableName, ...input });
const claim = (token: string) =>
  call('UpdateItem', {
    Key,
    UpdateExpression: 'SET #t = :t, n = if_not_exists(n, :zero) + :one',
    ConditionExpression: 'attribute_not_exists(#t)',
    ExpressionAttributeNames: { '#t': 'token' },
    ExpressionAttributeValues: { ':t': { S: token }, ':zero': { N: '0' }, ':one': { N: '1' } },
    ReturnValues: 'ALL_NEW',
  });

describe('a table', () => {
  it('keeps what a conditional update wrote, once', async () => {
    await expect(claim('a')).resolves.toEqual({ Attributes: { ...Key, token: { S: 'a' }, n: { N: '1' } } });
    await expect(claim('b')).rejects.toMatchObject({
      code: 'ConditionalCheckFailedException',
      message: 'The conditional request failed',
    });
    await expect(call('GetItem', { Key })).resolves.toMatchObject({ Item: { token: { S: 'a' } } });
  });

  it('returns the item that made a condition fail, if that is requested', async () => {
    await claim('a');
    const update = {
      Key,
      UpdateExpression: 'SET x = :x',
      ConditionExpression: 'attribute_not_exists(id)',
      ExpressionAttributeValues: { ':x': { S: 'x' } },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    };
    await expect(call('UpdateItem', update)).rejects.toMatchObject({ members: { Item: { token: { S: 'a' } } } });
    const put = {
      ...update,
      Key: undefined,
      Item: Key,
      UpdateExpression: undefined,
      ExpressionAttributeValues: undefined,
    };
    await expect(call('PutItem', JSON.parse(JSON.stringify(put)))).rejects.toMatchObject({
      members: { Item: { n: { N: '1' } } },
    });
  });

  it('is queried by its key and by its index, and read in a batch', async () => {
    await call('PutItem', { Item: { ...Key, command: { S: 'c' } } });
    await call('PutItem', { Item: { ...Key, at: { S: '2027' } } });
    const byId = {
      KeyConditionExpression: 'id = :id',
      ExpressionAttributeValues: { ':id': { S: 'i-1' } },
      ScanIndexForward: false,
    };
    await expect(call('Query', byId)).resolves.toMatchObject({
      Count: 2,
      Items: [{ at: { S: '2027' } }, { at: { S: '2026' } }],
    });
    const byCommand = {
      IndexName: 'byCommand',
      KeyConditionExpression: 'command = :c',
      ExpressionAttributeValues: { ':c': { S: 'c' } },
    };
    await expect(call('Query', byCommand)).resolves.toMatchObject({ Count: 1 });
    const batch = {
      RequestItems: { [TableName]: { Keys: [Key, { ...Key, at: { S: 'none' } }], ConsistentRead: true } },
    };
    await expect(aws.call(someone, 'dynamodb', 'BatchGetItem', batch)).resolves.toMatchObject({
      Responses: { [TableName]: [{ command: { S: 'c' } }] },
      UnprocessedKeys: {},
    });
    expect(await dynamodb.items(TableName)).toHaveLength(2);
  });

  it('holds the clock while it works', async () => {
    let fired = false;
    clock.after(1000, () => {
      fired = true;
    });
    const done = claim('a').then(() => fired);
    await clock.run(() => false);
    expect(await done).toBe(false);
    expect(fired).toBe(true);
  });

  it.each([
    [
      'a reserved word',
      { UpdateExpression: 'SET token = :x', ExpressionAttributeValues: { ':x': { S: 'x' } } },
      /reserved keyword: token/,
    ],
    [
      'a value that no expression uses',
      { UpdateExpression: 'REMOVE x', ExpressionAttributeValues: { ':x': { S: 'x' } } },
      /unused in expressions/,
    ],
    ['a key without its range', { Key: { id: { S: 'i' } }, UpdateExpression: 'REMOVE x' }, /does not match the schema/],
    [
      'a binary value',
      { UpdateExpression: 'SET x = :x', ExpressionAttributeValues: { ':x': { B: new Uint8Array(1) } } },
      /binary attribute values/,
    ],
  ])('refuses %s', async (_name, input, message) => {
    await expect(call('UpdateItem', { Key, ...input })).rejects.toThrow(message);
  });

  it('does not exist under another name', async () => {
    await expect(call('GetItem', { TableName: 'other', Key })).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
    });
  });
});

describe('a request is authorized', () => {
  const authorize = (name: string, input: object) =>
    dynamodb.service.operations[name]?.authorize(input as never, { principal: someone, now: 0 });
  const arn = 'arn:aws:dynamodb:eu-central-1:123456789012:table/ledger';
  const query = {
    TableName,
    KeyConditionExpression: '#i = :i AND #a > :a',
    ExpressionAttributeNames: { '#i': 'id', '#a': 'at' },
  };
  const values = { ExpressionAttributeValues: { ':i': { S: 'i-7' }, ':a': { S: '2' } } };
  const rightsTo = (name: string, input: object) => {
    const [right] = authorize(name, input) ?? [];
    const { resource, context = {} } = right ?? {};
    const { 'dynamodb:LeadingKeys': keys, 'dynamodb:Attributes': attributes, ...rest } = context;
    return [resource, keys, attributes, ...Object.values(rest)];
  };

  it.each([
    ['UpdateItem', { TableName, Key }, [arn, ['i-1'], ['id', 'at'], 'NONE']],
    ['Query', { ...query, ...values }, [arn, ['i-7'], ['id', 'at'], 'ALL_ATTRIBUTES']],
    [
      'Query',
      { ...query, ...values, IndexName: 'byCommand' },
      [`${arn}/index/byCommand`, ['i-7'], ['id', 'at'], 'ALL_PROJECTED_ATTRIBUTES'],
    ],
    ['Query', { TableName, KeyConditionExpression: 'command = :i' }, [arn, [''], [], 'ALL_ATTRIBUTES']],
    [
      'BatchGetItem',
      { RequestItems: { ledger: { Keys: [Key, Key] } } },
      [arn, ['i-1', 'i-1'], ['id', 'at'], 'ALL_ATTRIBUTES'],
    ],
    [
      'BatchGetItem',
      { RequestItems: { ledger: { Keys: [Key], ProjectionExpression: 'a.b, c' } } },
      [arn, ['i-1'], ['id', 'at', 'a', 'c'], 'SPECIFIC_ATTRIBUTES'],
    ],
    [
      'GetItem',
      { TableName, Key, ProjectionExpression: 'a[0], n' },
      [arn, ['i-1'], ['id', 'at', 'a', 'n'], 'SPECIFIC_ATTRIBUTES'],
    ],
    ['PutItem', { TableName, Item: { ...Key, n: { N: '1' } } }, [arn, ['i-1'], ['id', 'at', 'n'], 'NONE']],
    ['Scan', { TableName, FilterExpression: 'attribute_exists(n)' }, [arn, [], ['n'], 'ALL_ATTRIBUTES']],
  ])('%s on its table or index, with the keys and the attributes that it names', (name, input, rights) => {
    expect(rightsTo(name, input)).toEqual(rights);
  });

  it('an attribute counts anywhere in an update, once, by the first part of its path', () => {
    const update = {
      TableName,
      Key,
      UpdateExpression:
        'SET #s = :x, m.inside[0] = if_not_exists(elder.one, :x), n = n + :n REMOVE lefty, m.more ADD total_sum :n',
      ConditionExpression:
        'attribute_not_exists(asked) AND (#s = :x OR size(lengthy) > :n) AND NOT contains(words, :x)',
      ExpressionAttributeNames: { '#s': 'state' },
      ExpressionAttributeValues: { ':x': { S: 'x' }, ':n': { N: '1' } },
      ReturnValues: 'ALL_NEW',
    };
    expect(rightsTo('UpdateItem', update)).toEqual([
      arn,
      ['i-1'],
      ['id', 'at', 'state', 'm', 'elder', 'n', 'lefty', 'total_sum', 'asked', 'lengthy', 'words'],
      'ALL_NEW',
    ]);
  });
});

describe('time to live', () => {
  const day = 24 * 3_600;
  const expiring = async (expiresAt: object) => {
    await call('UpdateItem', {
      Key,
      UpdateExpression: 'SET expiresAt = :e',
      ExpressionAttributeValues: { ':e': expiresAt },
    });
    const isThere = async () => 'Item' in ((await call('GetItem', { Key })) as object);
    return async (days: number) => {
      await clock.run(() => false, clock.now() + days * day * 1_000);
      return isThere();
    };
  };
  const inSeconds = (days: number) => ({ N: String(Math.floor(clock.now() / 1_000) + days * day) });

  it('deletes an item some days after its time, until which it can be read', async () => {
    const after = await expiring(inSeconds(10));
    expect(await after(9)).toBe(true);
    expect(await after(2)).toBe(true);
    expect(await after(3)).toBe(false);
  });

  it.each([
    ['later', () => inSeconds(90)],
    ['no number', () => ({ S: '1' })],
    ['milliseconds', () => ({ N: String(clock.now() + 10 * day) })],
    ['over five years ago', () => inSeconds(-6 * 365)],
  ])('keeps an item whose time is %s', async (_, value) => {
    const after = await expiring(value());
    expect(await after(20)).toBe(true);
  });
});

it('a table with provisioned capacity or a stream is refused', async () => {
  const create = (properties: object) =>
    make(aws, dynamodb.resourceTypes, 'AWS::DynamoDB::Table', { ...table, TableName: 'two', ...properties });
  await expect(create({ BillingMode: 'PROVISIONED' })).rejects.toThrow(/only PAY_PER_REQUEST/);
  await expect(create({ StreamSpecification: {} })).rejects.toThrow(/StreamSpecification/);
});
