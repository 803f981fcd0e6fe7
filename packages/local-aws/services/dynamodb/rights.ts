/**
 * The rights that a DynamoDB request needs, with the keys for conditions:
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Authorization, Environment, IamContext } from '../../gateway/service.ts';
import type { Parsed } from './engine.ts';

type Item = Record<string, AttributeValue>;

interface WriteRequest {
  readonly PutRequest?: { readonly Item?: Item | undefined } | undefined;
  readonly DeleteRequest?: { readonly Key?: Item | undefined } | undefined;
}

/** The request members that rights depend on. */
export interface RightsRequest {
  readonly TableName?: string | undefined;
  readonly IndexName?: string | undefined;
  readonly Key?: Item | undefined;
  readonly Item?: Item | undefined;
  readonly KeyConditionExpression?: string | undefined;
  readonly ProjectionExpression?: string | undefined;
  readonly ExpressionAttributeNames?: Record<string, string> | undefined;
  readonly ExpressionAttributeValues?: Item | undefined;
  readonly Select?: string | undefined;
  readonly ReturnValues?: string | undefined;
  readonly RequestItems?:
    | Record<
        string,
        | { readonly Keys?: readonly Item[] | undefined; readonly ProjectionExpression?: string | undefined }
        | readonly WriteRequest[]
      >
    | undefined;
}

/** What the rights depend on besides the request. */
export interface Tables {
  readonly env: Environment;
  /** A table's key attribute names, the partition key first. */
  keysOf(table: string): readonly string[];
  /** A table's resource policy, if it has one. */
  policyOf(table: string): unknown;
}

const reading: readonly string[] = ['GetItem', 'BatchGetItem', 'Query', 'Scan'];
const returning: readonly string[] = ['PutItem', 'UpdateItem', 'DeleteItem'];

/**
 * The right for one request on one table or index.
 *
 * @param parsed the request with parsed expressions; undefined if they are malformed, which the engine rejects
 */
export function rightOn(
  tables: Tables,
  action: string,
  input: RightsRequest,
  parsed: Parsed | undefined,
): Authorization {
  const table = input.TableName ?? '';
  const index = input.IndexName === undefined ? '' : `/index/${input.IndexName}`;
  const [partitionKey = '', ...others] = tables.keysOf(table);
  const ofKey = input.Key === undefined ? [] : [partitionKey, ...others];
  return right(
    tables,
    action,
    { table, index },
    {
      'dynamodb:LeadingKeys': leadingKeys(partitionKey, input),
      'dynamodb:Attributes': [...new Set([...ofKey, ...Object.keys(input.Item ?? {}), ...attributesOf(parsed)])],
      ...(reading.includes(action) ? { 'dynamodb:Select': selected(input) } : {}),
      ...(returning.includes(action) ? { 'dynamodb:ReturnValues': input.ReturnValues ?? 'NONE' } : {}),
    },
  );
}

/** The rights for a request on several tables. */
export function rightsOnAll(
  tables: Tables,
  action: string,
  { RequestItems = {} }: RightsRequest,
  parsed: Parsed | undefined,
): readonly Authorization[] {
  return Object.entries(RequestItems).map(([table, request]) => {
    const [partitionKey = '', ...others] = tables.keysOf(table);
    const writes = Array.isArray(request) ? (request as readonly WriteRequest[]) : [];
    const { Keys: keys = [], ...read } = Array.isArray(request) ? {} : (request as { Keys?: readonly Item[] });
    const items = writes.map((one) => one.PutRequest?.Item ?? one.DeleteRequest?.Key ?? {});
    const named = items.flatMap(Object.keys);
    return right(
      tables,
      action,
      { table, index: '' },
      {
        'dynamodb:LeadingKeys': [...keys, ...items].map((key) => scalar(key[partitionKey])),
        'dynamodb:Attributes': [
          ...new Set([partitionKey, ...others, ...named, ...attributesOf(parsed?.RequestItems?.[table])]),
        ],
        ...(reading.includes(action) ? { 'dynamodb:Select': selected(read) } : {}),
      },
    );
  });
}

function right(
  { env, policyOf }: Tables,
  action: string,
  { table, index }: { readonly table: string; readonly index: string },
  context: IamContext,
): Authorization {
  const resourcePolicy = policyOf(table);
  return {
    action: `dynamodb:${action}`,
    resource: `arn:${env.partition}:dynamodb:${env.region}:${env.account}:table/${table}${index}`,
    context,
    ...(resourcePolicy === undefined ? {} : { resourcePolicy }),
  };
}

/** `Select` has a value in every read request, explicit or not. */
function selected({ Select, ProjectionExpression, IndexName }: RightsRequest): string {
  if (Select !== undefined) return Select;
  if (ProjectionExpression !== undefined) return 'SPECIFIC_ATTRIBUTES';
  return IndexName === undefined ? 'ALL_ATTRIBUTES' : 'ALL_PROJECTED_ATTRIBUTES';
}

/**
 * The top-level attributes that a request names, whatever it does to them: an attribute in a condition counts like a
 * written one. Other attributes in an answer do not count.
 */
function attributesOf(parsed: Parsed | undefined): readonly string[] {
  if (parsed === undefined) return [];
  const { _updates: updates, _condition: condition, _keyCondition: key, _filter: filter } = parsed;
  const { _projection: projection } = parsed;
  return [
    ...(updates?.sections ?? []).flatMap(({ path, val }) => [...heads(path), ...heads(val)]),
    ...[condition, key, filter].flatMap((one) => Object.keys(one?.pathHeads ?? {})),
    ...(projection?.paths ?? []).flatMap(heads),
    ...Object.keys({ ...parsed.AttributeUpdates, ...parsed.Expected }),
    ...(parsed.AttributesToGet ?? []),
  ];
}

/**
 * The first parts of the paths in a parsed operand: a path is a list that begins with a name, a function has operands.
 */
function heads(operand: unknown): readonly string[] {
  if (Array.isArray(operand)) return [String(operand[0])];
  if (typeof operand !== 'object' || operand === null || !('args' in operand)) return [];
  return (operand.args as readonly unknown[]).flatMap(heads);
}

/** A request's partition keys. */
function leadingKeys(partitionKey: string, input: RightsRequest): readonly string[] {
  const key = input.Key ?? input.Item;
  if (key !== undefined) return [scalar(key[partitionKey])];
  if (input.KeyConditionExpression === undefined) return [];
  for (const [, name = '', value = ''] of input.KeyConditionExpression.matchAll(/(#?\w+)\s*=\s*(:\w+)/g)) {
    const meant = input.ExpressionAttributeNames?.[name] ?? name;
    if (meant === partitionKey) return [scalar(input.ExpressionAttributeValues?.[value])];
  }
  return [''];
}

function scalar(value: AttributeValue | undefined): string {
  return String(value?.S ?? value?.N ?? '');
}
