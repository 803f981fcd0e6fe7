import type { SchemaViolation } from './check.ts';
import { AwsError } from './service.ts';

/**
 * A service's error for a request that does not match its model. Services with JSON fail while reading it; EC2 names
 * the parameter.
 *
 * @param service the signing name
 */
export function refuseViolation(service: string, operation: string, violation: SchemaViolation): AwsError {
  const message = `${service}:${operation}: ${violation.message}`;
  if (service === 'ec2') {
    const code = { unknown: 'UnknownParameter', missing: 'MissingParameter', type: 'InvalidParameterValue' }[
      violation.kind
    ];
    return new AwsError(code, message);
  }
  if (violation.kind === 'missing') {
    return new AwsError(service === 'sqs' ? 'MissingParameter' : 'ValidationException', message);
  }
  return new AwsError('SerializationException', message);
}

/** The codes of services that do not use `AccessDeniedException`, with the HTTP status if it is not 400. */
const denials: Readonly<Record<string, readonly [code: string, status: number]>> = {
  ec2: ['UnauthorizedOperation', 403],
  s3: ['AccessDenied', 403],
  sqs: ['AccessDenied', 403],
  sts: ['AccessDenied', 403],
  eks: ['AccessDeniedException', 403],
  lambda: ['AccessDeniedException', 403],
};

/**
 * A service's error for a call that IAM denies.
 *
 * @param sentence AWS's own message for the denial
 */
export function refuseAccess(service: string, sentence: string): AwsError {
  const [code, status] = denials[service] ?? ['AccessDeniedException', 400];
  const words = service === 'ec2' ? `You are not authorized to perform this operation. ${sentence}` : sentence;
  return new AwsError(code, words, status);
}
