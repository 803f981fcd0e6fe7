import type { AnsweredCall } from '../gateway/observed.ts';
import type { AwsError } from '../gateway/service.ts';
import { checkValue } from './check-value.ts';
import type { ServiceModel } from './service-model.ts';

/**
 * Errors that any operation may return, although models do not list them.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html and
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
 */
const commonErrors = new Set([
  ...['AccessDenied', 'AccessDeniedException', 'ExpiredToken', 'ExpiredTokenException', 'IncompleteSignature'],
  ...['InternalError', 'InternalFailure', 'InvalidClientTokenId', 'InvalidParameterValue', 'MissingParameter'],
  ...[
    'NotAuthorized',
    'OptInRequired',
    'RequestExpired',
    'RequestThrottled',
    'RequestThrottledException',
    'RequestTimeoutException',
    'SerializationException',
  ],
  ...['ServiceUnavailable', 'Throttling', 'ThrottlingException', 'UnrecognizedClientException'],
  ...['ValidationError', 'ValidationException'],
]);

/** Errors that a service's own page has, and its model does not. */
const furtherErrors: Readonly<Record<string, ReadonlySet<string>>> = {
  // https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
  s3: new Set([
    ...['BadDigest', 'EntityTooLarge', 'InvalidRange', 'InvalidRequest', 'InvalidToken', 'MissingContentLength'],
    ...['NoSuchBucket', 'NoSuchKey', 'NotFound', 'NotImplemented', 'RequestTimeout', 'SlowDown'],
  ]),
};

/** Services whose models have no errors. */
const withoutErrors = new Set(['ec2']);

/**
 * What a service answers although its model does not have it: the sample response in
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html has no unprocessed keys.
 */
const besideModel = new Set(['dynamodb:BatchGetItem answers UnprocessedKeys: has 0 entries, not 1 to 100']);

/**
 * Compares a call, and what the service answered, with AWS's model of the service. The input of a refused request is
 * not compared: the difference may be why.
 *
 * @returns one sentence for each difference
 */
export function checkCall(model: ServiceModel, call: AnsweredCall): readonly string[] {
  return [...differences(model, call)].filter((difference) => !besideModel.has(difference));
}

function* differences(model: ServiceModel, call: AnsweredCall): Generator<string> {
  const name = `${call.service}:${call.operation}`;
  const operation = model.operations[call.operation];
  if (operation === undefined) return yield `${name} is no operation`;
  const { input, output, errors = [] } = operation;
  if (call.error !== undefined) {
    const listed = errors.map(({ shape }) => shape);
    if (!withoutErrors.has(call.service)) yield* checkError(model, listed, call, call.error);
    return;
  }
  if (input !== undefined) {
    for (const { member, message } of checkValue(model, input, call.input)) yield `${name} takes ${member}: ${message}`;
  }
  if (output === undefined) return;
  for (const { member, message } of checkValue(model, output, call.output)) {
    yield `${name} answers ${member}: ${message}`;
  }
}

function* checkError(
  model: ServiceModel,
  listed: readonly string[],
  { service, operation }: AnsweredCall,
  { code, status, message, members }: AwsError,
): Generator<string> {
  const name = `${service}:${operation}`;
  if (commonErrors.has(code) || furtherErrors[service]?.has(code)) return;
  const known = listed.find((shape) => shape === code || model.shapes[shape]?.error?.code === code);
  if (known === undefined) return yield `${name} fails with ${code}, and has only ${listed.join(', ')}: ${message}`;
  const shape = model.shapes[known];
  const accepted = shape?.error?.httpStatusCode ?? (shape?.fault === true ? 500 : 400);
  if (status !== accepted) yield `${name} fails with ${code} and ${status}, not ${accepted}`;
  for (const difference of checkValue(model, { shape: known }, members)) {
    if (difference.kind === 'missing') continue;
    yield `${name} fails with ${code}, ${difference.member}: ${difference.message}`;
  }
}
