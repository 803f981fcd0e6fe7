import type { GetFunctionRequest, InvocationRequest } from '@aws-sdk/client-lambda';
import type { Core } from '../../core.ts';
import { type Authorization, AwsError, type Call, operation, type Service } from '../../gateway/service.ts';
import type { LambdaFunction } from '../../lambda/lambda-function.ts';
import type { Part } from '../../part.ts';
import { lambdaResourceTypes } from './resources.ts';

/** The largest synchronous and asynchronous payloads, in bytes. Source: Lambda quotas. */
const largest = { RequestResponse: 6 * 1024 * 1024, Event: 1024 * 1024 } as const;

/** How many functions an account may run at once, unless AWS gives a new one fewer. Source: Lambda quotas. */
const concurrency = 1_000;

/** Lambda's operations Invoke, GetFunction and GetAccountSettings, and its resource types. */
export function lambdaPart(core: Core): Part {
  const { lambda } = core;
  const service: Service = {
    name: 'lambda',
    operations: {
      GetAccountSettings: operation(
        () => [{ action: 'lambda:GetAccountSettings', resource: '*' }],
        () => ({ AccountLimit: { ConcurrentExecutions: concurrency, UnreservedConcurrentExecutions: concurrency } }),
      ),
      GetFunction: operation(
        ({ FunctionName = '' }: Partial<GetFunctionRequest>): readonly Authorization[] => [
          { action: 'lambda:GetFunction', resource: lambda.function(FunctionName).settings.arn },
        ],
        ({ FunctionName = '' }: Partial<GetFunctionRequest>) => {
          const { name, arn, roleArn } = lambda.function(FunctionName).settings;
          // Here a function is active as soon as it is created.
          const Configuration = { FunctionName: name, FunctionArn: arn, Role: roleArn, State: 'Active' as const };
          return { Configuration };
        },
      ),
      Invoke: operation(
        ({ FunctionName = '' }: Partial<InvocationRequest>, { principal }: Call): readonly Authorization[] => {
          // Pollers of event source mappings belong to Lambda itself and need no permission.
          const { kind } = principal;
          if (kind === 'service' && /^arn:[^:]+:lambda:.*:event-source-mapping:/.test(principal.sourceArn)) return [];
          const target = lambda.function(FunctionName);
          const resourcePolicy = policyOf(target);
          const resource = target.settings.arn;
          return [
            { action: 'lambda:InvokeFunction', resource, ...(resourcePolicy === undefined ? {} : { resourcePolicy }) },
          ];
        },
        async ({ FunctionName = '', InvocationType = 'RequestResponse', Payload }: Partial<InvocationRequest>) => {
          const payload = readPayload(Payload);
          if (InvocationType === 'DryRun') return { StatusCode: 204 };
          const type = InvocationType === 'Event' ? 'Event' : 'RequestResponse';
          if (Buffer.byteLength(payload) > largest[type]) {
            const size = Buffer.byteLength(payload);
            throw new AwsError(
              'RequestTooLargeException',
              `${size} byte payload is too large for the ${type} invocation type (limit ${largest[type]} bytes)`,
              413,
            );
          }
          const invoked = await lambda.invoke(FunctionName, payload, type);
          if (type === 'Event') return { StatusCode: 202, Payload: new Uint8Array() };
          return {
            StatusCode: 200,
            ExecutedVersion: '$LATEST',
            Payload: Buffer.from(invoked.payload),
            ...(invoked.functionError === undefined ? {} : { FunctionError: invoked.functionError }),
          };
        },
      ),
    },
  };
  return { services: [service], resourceTypes: lambdaResourceTypes(core), stop: () => lambda.stop() };
}

function policyOf({ statements }: LambdaFunction): unknown {
  return statements.length === 0 ? undefined : { Version: '2012-10-17', Id: 'default', Statement: statements };
}

function readPayload(payload: Uint8Array | string | undefined): string {
  const text =
    payload === undefined ? '' : typeof payload === 'string' ? payload : Buffer.from(payload).toString('utf8');
  if (text === '') return '{}';
  try {
    JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AwsError('InvalidRequestContentException', `Could not parse request body into json: ${reason}`, 400, {
      Type: 'User',
    });
  }
  return text;
}
