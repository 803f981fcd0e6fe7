/**
 * DynamoDB: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB.html and
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html. Transactions
 * are not modelled.
 */
import { isDeepStrictEqual } from 'node:util';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import type { Clock } from '../../clock.ts';
import { AwsError, type Environment, type Operation, operation, type Service } from '../../gateway/service.ts';
import { physicalName } from '../../template/names.ts';
import type { ResourceType } from '../../template/resource.ts';
import { BooleanSchema, propertyNames, readProperties, TagsSchema } from '../properties.ts';
import { type ActionName, Engine } from './engine.ts';
import { Expiry } from './expiry.ts';
import { type RightsRequest, rightOn, rightsOnAll } from './rights.ts';

type Item = Record<string, AttributeValue>;

/** The request members that rights and conditions use. */
interface Consumed {
  readonly CapacityUnits: number;
}

interface Request extends RightsRequest {
  readonly ReturnValuesOnConditionCheckFailure?: string | undefined;
}

const KeySchema = v.array(v.strictObject({ AttributeName: v.string(), KeyType: v.picklist(['HASH', 'RANGE']) }));
const IndexSchema = v.strictObject({
  IndexName: v.string(),
  KeySchema,
  Projection: v.strictObject({
    ProjectionType: v.optional(v.picklist(['ALL', 'KEYS_ONLY', 'INCLUDE'])),
    NonKeyAttributes: v.optional(v.array(v.string())),
  }),
});

/**
 * The supported properties of a table. Backups and encryption change nothing that a caller can see.
 */
const TableSchema = v.strictObject({
  TableName: v.optional(v.pipe(v.string(), v.regex(/^[\w.-]{3,255}$/))),
  KeySchema,
  AttributeDefinitions: v.array(
    v.strictObject({ AttributeName: v.string(), AttributeType: v.picklist(['S', 'N', 'B']) }),
  ),
  BillingMode: v.literal('PAY_PER_REQUEST', 'only PAY_PER_REQUEST is modelled here'),
  GlobalSecondaryIndexes: v.optional(v.array(IndexSchema)),
  TimeToLiveSpecification: v.optional(
    v.strictObject({ AttributeName: v.optional(v.string()), Enabled: BooleanSchema }),
  ),
  PointInTimeRecoverySpecification: v.optional(
    v.looseObject({ PointInTimeRecoveryEnabled: v.optional(BooleanSchema) }),
  ),
  SSESpecification: v.optional(v.looseObject({ SSEEnabled: BooleanSchema })),
  DeletionProtectionEnabled: v.optional(BooleanSchema),
  ResourcePolicy: v.optional(v.strictObject({ PolicyDocument: v.looseObject({}) })),
  Tags: v.optional(TagsSchema),
});

/** The tables of one account and region. */
export class DynamoDb {
  readonly service: Service;
  readonly resourceTypes: readonly ResourceType[];
  readonly #engine: Engine;
  readonly #expiry: Expiry;
  readonly #env: Environment;
  /** Each table's key attribute names, by table, the partition key first. */
  readonly #keys = new Map<string, readonly string[]>();
  readonly #policies = new Map<string, unknown>();
  /**
   * The request units used: one per kilobyte written or four kilobytes read, half of that for an eventually consistent
   * read.
   */
  readonly units = { read: 0, write: 0 };

  constructor(options: { clock: Clock; env: Environment }) {
    this.#env = options.env;
    this.#engine = new Engine(options.clock, options.env);
    this.#expiry = new Expiry(options.clock, this.#engine);
    this.resourceTypes = [this.#tableType()];
    const tables = {
      env: options.env,
      keysOf: (table: string) => this.#keys.get(table) ?? [],
      policyOf: (table: string) => this.#policies.get(table),
    };
    const one = (name: string, action: ActionName): Operation =>
      operation(
        (input: Request) => [rightOn(tables, name, input, this.#engine.parse(action, input))],
        (input: Request) => this.#run(action, input),
      );
    const many = (name: string, action: ActionName): Operation =>
      operation(
        (input: Request) => rightsOnAll(tables, name, input, this.#engine.parse(action, input)),
        (input: Request) => this.#run(action, input),
      );
    this.service = {
      name: 'dynamodb',
      operations: {
        GetItem: one('GetItem', 'getItem'),
        PutItem: one('PutItem', 'putItem'),
        UpdateItem: one('UpdateItem', 'updateItem'),
        DeleteItem: one('DeleteItem', 'deleteItem'),
        Query: one('Query', 'query'),
        Scan: one('Scan', 'scan'),
        DescribeTable: one('DescribeTable', 'describeTable'),
        BatchGetItem: many('BatchGetItem', 'batchGetItem'),
        BatchWriteItem: many('BatchWriteItem', 'batchWriteItem'),
      },
    };
  }

  /** Every item in a table, for a run's report. */
  async items(TableName: string): Promise<readonly Item[]> {
    const answer = (await this.#engine.run('scan', { TableName })) as { Items: readonly Item[] };
    return answer.Items;
  }

  /** Deletes every item of a table. */
  async clear(TableName: string): Promise<void> {
    const keys = this.#keys.get(TableName) ?? [];
    for (const item of await this.items(TableName)) {
      const Key = Object.fromEntries(keys.map((name) => [name, item[name]]));
      await this.#engine.run('deleteItem', { TableName, Key });
    }
  }

  /** Counts a request's units, which its answer contains only on request. */
  async #counted(action: ActionName, input: Request): Promise<unknown> {
    if (action === 'describeTable') return this.#engine.run(action, input);
    const answered = await this.#engine.run(action, { ReturnConsumedCapacity: 'TOTAL', ...input });
    const { ConsumedCapacity, ...answer } = answered as { ConsumedCapacity?: Consumed | readonly Consumed[] };
    const used = [ConsumedCapacity ?? []].flat().reduce((sum, { CapacityUnits }) => sum + CapacityUnits, 0);
    this.units[/^(get|query|scan|batchGet)/.test(action) ? 'read' : 'write'] += used;
    return 'ReturnConsumedCapacity' in input ? answered : answer;
  }

  async #run(action: ActionName, input: Request): Promise<unknown> {
    refuseBinary(input);
    await this.#expiry.deleteDue((table) => this.#keys.get(table) ?? []);
    try {
      return await this.#counted(action, input);
    } catch (error) {
      const wanted = input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD';
      if (!(wanted && error instanceof AwsError && error.code === 'ConditionalCheckFailedException')) throw error;
      const answer = (await this.#engine.run('getItem', {
        TableName: input.TableName,
        Key: input.Key ?? (await this.#keyOf(input)),
        ConsistentRead: true,
      })) as { Item?: Item };
      throw new AwsError(
        error.code,
        error.message,
        error.status,
        answer.Item === undefined ? {} : { Item: answer.Item },
      );
    }
  }

  async #keyOf({ TableName, Item = {} }: Request): Promise<Item> {
    const answer = (await this.#engine.run('describeTable', { TableName })) as {
      Table: { KeySchema: readonly { AttributeName: string }[] };
    };
    const names = answer.Table.KeySchema.map((key) => key.AttributeName);
    return Object.fromEntries(Object.entries(Item).filter(([name]) => names.includes(name)));
  }

  #tableType(): ResourceType {
    const engine = this.#engine;
    const expiry = this.#expiry;
    const keys = this.#keys;
    const policies = this.#policies;
    const { partition, region, account } = this.#env;
    return {
      type: 'AWS::DynamoDB::Table',
      properties: propertyNames(TableSchema),
      async create(logicalId, properties, stack) {
        const read = readProperties(this.type, logicalId, TableSchema, properties);
        const TableName = read.TableName ?? physicalName(stack, logicalId, 255);
        const { KeySchema, AttributeDefinitions, BillingMode, GlobalSecondaryIndexes } = read;
        await engine.createTable({
          TableName,
          ...{ KeySchema, AttributeDefinitions, BillingMode },
          ...(GlobalSecondaryIndexes === undefined ? {} : { GlobalSecondaryIndexes }),
        });
        const ordered = KeySchema.toSorted((a, b) => a.KeyType.localeCompare(b.KeyType));
        keys.set(
          TableName,
          ordered.map(({ AttributeName }) => AttributeName),
        );
        policies.set(TableName, policyIn(read));
        const { AttributeName, Enabled = false } = read.TimeToLiveSpecification ?? {};
        if (Enabled && AttributeName !== undefined) expiry.enable(TableName, AttributeName);
        const arn = `arn:${partition}:dynamodb:${region}:${account}:table/${TableName}`;
        return { ref: TableName, attributes: { Arn: arn } };
      },
      update(created, { logicalId, before, after }) {
        const { ResourcePolicy: _, ...was } = before;
        const { ResourcePolicy: __, ...wanted } = after;
        if (!isDeepStrictEqual(was, wanted))
          throw new Error(`${logicalId}: of a table only its policy is changed here`);
        policies.set(created.ref, policyIn(readProperties(this.type, logicalId, TableSchema, after)));
        return created;
      },
      remove: ({ ref }) => {
        expiry.disable(ref);
        return engine.deleteTable(ref);
      },
    };
  }
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-considerations.html */
const mostPolicyBytes = 20_480;

function policyIn({ ResourcePolicy }: v.InferOutput<typeof TableSchema>): unknown {
  const policy = ResourcePolicy?.PolicyDocument;
  if (policy !== undefined && Buffer.byteLength(JSON.stringify(policy)) > mostPolicyBytes)
    throw new AwsError('ValidationException', 'The resource policy exceeds the maximum size of 20 KB');
  return policy;
}

/**
 * On the wire, binary values are base64. Nothing here stores any, so they are refused rather than mistaken for text.
 */
function refuseBinary(value: unknown): void {
  if (value instanceof Uint8Array)
    throw new AwsError('ValidationException', 'binary attribute values are not modelled here');
  if (typeof value !== 'object' || value === null) return;
  for (const inner of Object.values(value)) refuseBinary(inner);
}
