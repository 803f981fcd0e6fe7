/**
 * DynamoDB: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB.html and
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html. Transactions are not modelled.
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import { type Authorization, AwsError, type Operation, operation, type Place, type Service } from '../aws/service.ts';
import type { Clock } from '../clock.ts';
import { physicalName } from '../template/names.ts';
import type { ResourceType } from '../template/resource.ts';
import { type ActionName, Engine } from './dynamodb-engine.ts';
import { BooleanSchema, propertyNames, readProperties, TagsSchema } from './properties.ts';

type Item = Record<string, AttributeValue>;

/** The members of requests that authorization and conditions look at. */
interface Request {
  readonly TableName?: string | undefined;
  readonly IndexName?: string | undefined;
  readonly Key?: Item | undefined;
  readonly Item?: Item | undefined;
  readonly KeyConditionExpression?: string | undefined;
  readonly ExpressionAttributeNames?: Record<string, string> | undefined;
  readonly ExpressionAttributeValues?: Item | undefined;
  readonly ReturnValuesOnConditionCheckFailure?: string | undefined;
  readonly RequestItems?:
    | Record<string, { readonly Keys?: readonly Item[] | undefined } | readonly WriteRequest[]>
    | undefined;
}
interface WriteRequest {
  readonly PutRequest?: { readonly Item?: Item | undefined } | undefined;
  readonly DeleteRequest?: { readonly Key?: Item | undefined } | undefined;
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
 * What a table may be made with. Items past their time to live are not deleted: DynamoDB takes days for that, so nothing may rely on it.
 * Backups and encryption change nothing that a caller could see.
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
  Tags: v.optional(TagsSchema),
});

/** The tables of one account and region. */
export class DynamoDb {
  readonly service: Service;
  readonly resourceTypes: readonly ResourceType[];
  readonly #engine: Engine;
  readonly #place: Place;
  /** The name of each table's partition key, by table. */
  readonly #partitionKeys = new Map<string, string>();

  constructor(options: { clock: Clock; place: Place }) {
    this.#place = options.place;
    this.#engine = new Engine(options.clock, options.place);
    this.resourceTypes = [this.#tableType()];
    const one = (name: string, action: ActionName): Operation =>
      operation(
        (input: Request) => [this.#authorization(name, input)],
        (input: Request) => this.#run(action, input),
      );
    const many = (name: string, action: ActionName): Operation =>
      operation(
        (input: Request) => this.#batchAuthorizations(name, input),
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

  /** Every item of a table, for a view of the run. */
  async items(TableName: string): Promise<readonly Item[]> {
    const answer = (await this.#engine.run('scan', { TableName })) as { Items: readonly Item[] };
    return answer.Items;
  }

  async #run(action: ActionName, input: Request): Promise<unknown> {
    refuseBinary(input);
    try {
      return await this.#engine.run(action, input);
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

  #authorization(action: string, input: Request): Authorization {
    const table = input.TableName ?? '';
    const index = input.IndexName === undefined ? '' : `/index/${input.IndexName}`;
    const keys = this.#leadingKeys(table, input);
    return this.#right(action, `${table}${index}`, keys);
  }

  #batchAuthorizations(action: string, { RequestItems = {} }: Request): readonly Authorization[] {
    return Object.entries(RequestItems).map(([table, request]) => {
      const writes = Array.isArray(request) ? (request as readonly WriteRequest[]) : [];
      const read = Array.isArray(request) ? [] : ((request as { Keys?: readonly Item[] }).Keys ?? []);
      const keys = [...read, ...writes.map((one) => one.PutRequest?.Item ?? one.DeleteRequest?.Key ?? {})];
      return this.#right(
        action,
        table,
        keys.map((key) => scalar(key[this.#partitionKeys.get(table) ?? ''])),
      );
    });
  }

  #right(action: string, resource: string, leadingKeys: readonly string[]): Authorization {
    const { partition, region, account } = this.#place;
    return {
      action: `dynamodb:${action}`,
      resource: `arn:${partition}:dynamodb:${region}:${account}:table/${resource}`,
      ...(leadingKeys.length === 0 ? {} : { context: { 'dynamodb:LeadingKeys': leadingKeys } }),
    };
  }

  /** The partition keys that a request touches, for `dynamodb:LeadingKeys`. */
  #leadingKeys(table: string, input: Request): readonly string[] {
    const partitionKey = this.#partitionKeys.get(table) ?? '';
    const key = input.Key ?? input.Item;
    if (key !== undefined) return [scalar(key[partitionKey])];
    if (input.KeyConditionExpression === undefined) return [];
    for (const [, name = '', value = ''] of input.KeyConditionExpression.matchAll(/(#?\w+)\s*=\s*(:\w+)/g)) {
      const meant = input.ExpressionAttributeNames?.[name] ?? name;
      if (meant === partitionKey) return [scalar(input.ExpressionAttributeValues?.[value])];
    }
    return [''];
  }

  #tableType(): ResourceType {
    const engine = this.#engine;
    const partitionKeys = this.#partitionKeys;
    const { partition, region, account } = this.#place;
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
        partitionKeys.set(TableName, KeySchema.find((key) => key.KeyType === 'HASH')?.AttributeName ?? '');
        const arn = `arn:${partition}:dynamodb:${region}:${account}:table/${TableName}`;
        return { ref: TableName, attributes: { Arn: arn } };
      },
      remove: ({ ref }) => engine.deleteTable(ref),
    };
  }
}

function scalar(value: AttributeValue | undefined): string {
  return String(value?.S ?? value?.N ?? '');
}

/** On the wire binary values are base64; nothing here keeps any, so they are refused and not mistaken. */
function refuseBinary(value: unknown): void {
  if (value instanceof Uint8Array)
    throw new AwsError('ValidationException', 'binary attribute values are not modelled here');
  if (typeof value !== 'object' || value === null) return;
  for (const inner of Object.values(value)) refuseBinary(inner);
}
