import type { SchemaViolation } from './check.ts';
import { AwsError } from './service.ts';

/**
 * How a service refuses a request that does not fit its model. Services that speak JSON fail while they read it; EC2 names the parameter.
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

/** Codes of the services that do not say `AccessDeniedException`, with the HTTP status if it is not 400. */
const denials: Readonly<Record<string, readonly [code: string, status: number]>> = {
  ec2: ['UnauthorizedOperation', 403],
  sqs: ['AccessDenied', 403],
  sts: ['AccessDenied', 403],
  eks: ['AccessDeniedException', 403],
  lambda: ['AccessDeniedException', 403],
};

/**
 * How a service says that IAM denies a call.
 *
 * @param sentence AWS's own words for the denial
 */
export function refuseAccess(service: string, sentence: string): AwsError {
  const [code, status] = denials[service] ?? ['AccessDeniedException', 400];
  const words = service === 'ec2' ? `You are not authorized to perform this operation. ${sentence}` : sentence;
  return new AwsError(code, words, status);
}
