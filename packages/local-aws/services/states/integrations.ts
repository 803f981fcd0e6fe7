/**
 * The service integrations that a Task may use:
 * https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html. Each makes one call with the rights of
 * the state machine's role.
 */
import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { type Aws, AwsError, type Principal } from '../../gateway/service.ts';
import { StateError } from './errors.ts';

/** What an integration knows about its Task. */
export interface TaskCall {
  readonly aws: Aws;
  readonly principal: Principal;
  readonly args: unknown;
  readonly executionArn: string;
  readonly stateMachineArn: string;
}

interface Integration {
  readonly operation: string;
  /** Whether `.waitForTaskToken` may follow. */
  readonly callback: boolean;
  request(call: TaskCall & { readonly args: Readonly<Record<string, unknown>> }): object;
  /** The Task's result. Throws {@link StateError} if the answer means that the Task failed. */
  result(answer: Readonly<Record<string, unknown>>): unknown;
}

/** How a service's errors are named: modelled ones by their own name, others by the name of its base class. */
interface Naming {
  readonly prefix: string;
  readonly base: string;
  readonly service: string;
}

const namings: Readonly<Record<string, Naming>> = {
  sqs: { prefix: 'SQS', base: 'AmazonSQSException', service: 'AmazonSQS' },
  lambda: { prefix: 'Lambda', base: 'AWSLambdaException', service: 'AWSLambda' },
  events: { prefix: 'EventBridge', base: 'AmazonEventBridgeException', service: 'AmazonEventBridge' },
  dynamodb: { prefix: 'DynamoDB', base: 'AmazonDynamoDBException', service: 'AmazonDynamoDBv2' },
};

/** Codes that no service model lists as an operation's error. */
const unmodelled = /^(AccessDenied|Validation|Throttl|Unrecognized|Missing|InvalidParameterValue$|InternalFailure$)/;

const same = (answer: Readonly<Record<string, unknown>>) => withMetadata(answer);
const plain = (operation: string): Integration => ({
  operation,
  callback: false,
  request: ({ args }) => args,
  result: same,
});

const integrations: Readonly<Record<string, Integration>> = {
  'sqs:sendMessage': {
    operation: 'SendMessage',
    callback: true,
    request: ({ args }) => ({ ...args, MessageBody: text(args['MessageBody']) }),
    result: same,
  },
  'lambda:invoke': {
    operation: 'Invoke',
    callback: true,
    request: ({ args }) => ({ ...args, Payload: Buffer.from(JSON.stringify(args['Payload'] ?? {})) }),
    result: invoked,
  },
  'events:putEvents': {
    operation: 'PutEvents',
    callback: true,
    request: (call) => ({ ...call.args, Entries: list(call.args['Entries']).map((entry) => eventEntry(entry, call)) }),
    result(answer) {
      if (answer['FailedEntryCount'] === 0) return withMetadata(answer);
      throw new StateError('EventBridge.FailedEntry', JSON.stringify(answer));
    },
  },
  'dynamodb:getItem': plain('GetItem'),
  'dynamodb:updateItem': plain('UpdateItem'),
};

const resourcePattern = /^arn:[\w-]+:states:::([\w-]+):(\w+)(\.waitForTaskToken)?$/;

/** Whether a Task's Resource is a supported integration. */
export function isIntegration(resource: string): boolean {
  const [, service, action, callback] = resourcePattern.exec(resource) ?? [];
  const found = integrations[`${service}:${action}`];
  return found !== undefined && (callback === undefined || found.callback);
}

/** The service, the action and whether the Task waits for its token, as the history shows them. */
export function readResource(resource: string): { service: string; action: string; callback: boolean } {
  const [, service = '', action = '', callback] = resourcePattern.exec(resource) ?? [];
  return { service, action, callback: callback !== undefined };
}

/**
 * Makes a Task's call.
 *
 * @returns the Task's result, or for a callback the service's answer to the request
 * @throws StateError with Step Functions' name for the service's error
 */
export async function callService(resource: string, call: TaskCall): Promise<unknown> {
  const { service, action } = readResource(resource);
  const integration = integrations[`${service}:${action}`];
  const naming = namings[service];
  if (integration === undefined || naming === undefined)
    throw new StateError('States.Runtime', `${resource} is not known`);
  const args = v.safeParse(v.record(v.string(), v.unknown()), call.args ?? {});
  if (!args.success) throw new StateError('States.Runtime', `The arguments of ${resource} must be an object.`);
  let answer: unknown;
  try {
    answer = await call.aws.call(
      call.principal,
      service,
      integration.operation,
      integration.request({ ...call, args: args.output }),
    );
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    const modelled = !unmodelled.test(error.code);
    const name = modelled ? (error.code.endsWith('Exception') ? error.code : `${error.code}Exception`) : naming.base;
    throw new StateError(
      `${naming.prefix}.${name}`,
      `${error.message} (Service: ${naming.service}; Status Code: ${error.status}; Error Code: ${error.code}; Request ID: ${randomUUID()}; Proxy: null)`,
    );
  }
  return integration.result(v.parse(v.record(v.string(), v.unknown()), answer ?? {}));
}

/** The result of https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html, its payload parsed. */
function invoked(answer: Readonly<Record<string, unknown>>): unknown {
  const { ExecutedVersion, FunctionError, Payload, StatusCode } = answer;
  const json = Payload instanceof Uint8Array ? Buffer.from(Payload).toString('utf8') : '';
  const payload: unknown = json === '' ? null : parse(json);
  if (typeof FunctionError === 'string') {
    const read = v.safeParse(v.object({ errorType: v.string() }), payload);
    throw new StateError(read.success ? read.output.errorType : 'Lambda.Unknown', json);
  }
  return withMetadata({
    ExecutedVersion: ExecutedVersion ?? '$LATEST',
    Payload: payload,
    StatusCode: StatusCode ?? 200,
  });
}

/**
 * An entry whose Detail may be an object, and whose resources name the execution and its machine
 * (connect-eventbridge.html).
 */
function eventEntry(entry: unknown, call: TaskCall): object {
  const { Detail, Resources, ...rest } = v.parse(v.record(v.string(), v.unknown()), entry);
  return {
    ...rest,
    Detail: text(Detail),
    Resources: [...list(Resources ?? []), call.executionArn, call.stateMachineArn],
  };
}

function withMetadata(answer: Readonly<Record<string, unknown>>): object {
  return { ...answer, SdkHttpMetadata: { HttpStatusCode: 200 }, SdkResponseMetadata: { RequestId: randomUUID() } };
}

function text(value: unknown): unknown {
  return typeof value === 'string' || value === undefined ? value : JSON.stringify(value);
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}
