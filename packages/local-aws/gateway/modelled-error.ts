import type { NormalizedSchema } from '@smithy/core/schema';
import type { Sdk } from './sdk.ts';
import { AwsError } from './service.ts';

/** The error shape with a name, or with its code in the query protocol. */
export function errorShape(sdk: Sdk, code: string): NormalizedSchema | undefined {
  return sdk.errors.get(code) ?? [...sdk.errors.values()].find((shape) => queryError(shape)?.code === code);
}

/** The code and status of an error in the query protocol, if they are not its shape's own. */
export function queryError(shape: NormalizedSchema): { readonly code: string; readonly status: number } | undefined {
  const trait = shape.getMergedTraits()['awsQueryError'];
  return Array.isArray(trait) ? { code: String(trait[0]), status: Number(trait[1]) } : undefined;
}

/**
 * Gives an error of the service's model the HTTP status that the model has for it. Clients decide by it whether they
 * repeat the call. Services with awsJson have only 400 and 500:
 * https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html#operation-error-serialization
 *
 * @returns the same error, if the model does not have it
 */
export function withModelledStatus(sdk: Sdk, error: AwsError): AwsError {
  const shape = errorShape(sdk, error.code);
  const status = shape === undefined ? undefined : statusOf(sdk, shape);
  if (status === undefined || status === error.status) return error;
  return new AwsError(error.code, error.message, status, error.members);
}

function statusOf(sdk: Sdk, shape: NormalizedSchema): number | undefined {
  const traits = shape.getMergedTraits();
  if (sdk.protocol.startsWith('awsJson')) return traits['error'] === 'server' ? 500 : 400;
  const status = traits['httpError'] ?? queryError(shape)?.status;
  return typeof status === 'number' ? status : undefined;
}
