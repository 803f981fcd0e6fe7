/**
 * Functions, permissions and their asynchronous settings as CloudFormation makes them:
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-function.html,
 * aws-resource-lambda-permission.html and aws-resource-lambda-eventinvokeconfig.html
 */
import * as v from 'valibot';
import type { Core } from '../../core.ts';
import { AwsError, type Principal } from '../../gateway/service.ts';
import type { Authorizer } from '../../iam/identities.ts';
import { reservedVariables } from '../../lambda/environment-variables.ts';
import { type FunctionSettings, logLevels } from '../../lambda/function.ts';
import type { Functions } from '../../lambda/functions.ts';
import type { Placement, Vpcs } from '../../network/vpcs.ts';
import { assetOf } from '../../template/deployment.ts';
import { physicalName, suffixOf } from '../../template/names.ts';
import type { ResourceType, Stack } from '../../template/resource.ts';
import { integer, propertyNames, readProperties, TagsSchema } from '../properties.ts';

/** The runtimes that this process can stand in for. */
const runtimes = ['nodejs20.x', 'nodejs22.x', 'nodejs24.x'] as const;

/** What the environment of a function may take. */
const mostEnvironmentBytes = 4_096;

const VpcConfigSchema = v.strictObject({
  SecurityGroupIds: v.optional(v.array(v.string())),
  SubnetIds: v.optional(v.array(v.string())),
});
type VpcConfig = v.InferOutput<typeof VpcConfigSchema>;

const FunctionSchema = v.strictObject({
  Architectures: v.optional(v.array(v.picklist(['arm64', 'x86_64'])), ['x86_64']),
  Code: v.strictObject({ S3Bucket: v.string(), S3Key: v.string() }),
  DeadLetterConfig: v.optional(v.strictObject({ TargetArn: v.pipe(v.string(), v.regex(/^arn:[^:]+:sqs:/)) })),
  Description: v.optional(v.string()),
  Environment: v.optional(v.strictObject({ Variables: v.optional(v.record(v.string(), v.string()), {}) }), {}),
  EphemeralStorage: v.optional(v.strictObject({ Size: integer(512, 10_240) })),
  FunctionName: v.optional(v.pipe(v.string(), v.regex(/^[a-zA-Z0-9-_]{1,64}$/))),
  Handler: v.pipe(v.string(), v.regex(/^[^\s.][^\s]*\.[^\s.]+$/)),
  LoggingConfig: v.optional(
    v.strictObject({
      ApplicationLogLevel: v.optional(v.picklist(logLevels)),
      LogFormat: v.optional(v.picklist(['Text', 'JSON']), 'Text'),
      LogGroup: v.optional(v.string()),
      SystemLogLevel: v.optional(v.picklist(['DEBUG', 'INFO', 'WARN'])),
    }),
    {},
  ),
  MemorySize: v.optional(integer(128, 10_240), 128),
  ReservedConcurrentExecutions: v.optional(integer(0, 1000)),
  Role: v.string(),
  Runtime: v.picklist(runtimes, `must be one of ${runtimes.join(', ')}`),
  Tags: v.optional(TagsSchema),
  Timeout: v.optional(integer(1, 900), 3),
  TracingConfig: v.optional(v.strictObject({ Mode: v.picklist(['Active', 'PassThrough']) })),
  VpcConfig: v.optional(VpcConfigSchema, {}),
});

const PermissionSchema = v.strictObject({
  Action: v.literal('lambda:InvokeFunction'),
  FunctionName: v.string(),
  Principal: v.string(),
  SourceAccount: v.optional(v.string()),
  SourceArn: v.optional(v.string()),
});

const DestinationSchema = v.strictObject({ Destination: v.pipe(v.string(), v.regex(/^arn:[^:]+:(sqs|lambda):/)) });

const InvokeConfigSchema = v.strictObject({
  DestinationConfig: v.optional(
    v.strictObject({ OnFailure: v.optional(DestinationSchema), OnSuccess: v.optional(DestinationSchema) }),
    {},
  ),
  FunctionName: v.string(),
  MaximumEventAgeInSeconds: v.optional(integer(60, 21_600), 21_600),
  MaximumRetryAttempts: v.optional(integer(0, 2), 2),
  Qualifier: v.literal('$LATEST'),
});

/**
 * `AWS::Lambda::Function`, `Permission` and `EventInvokeConfig`. Layers, versions and aliases are not here, so they are
 * refused.
 */
export function lambdaResourceTypes({ lambda, iam, networks }: Core): readonly ResourceType[] {
  return [functionType(lambda, iam, networks), permissionType(lambda), invokeConfigType(lambda)];
}

/**
 * What the role of a function in a VPC must be allowed.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
 */
const interfaceRights = [
  'CreateNetworkInterface',
  'DescribeNetworkInterfaces',
  'DescribeSubnets',
  'DeleteNetworkInterface',
  'AssignPrivateIpAddresses',
  'UnassignPrivateIpAddresses',
];

/**
 * Puts a function into a VPC as Lambda does: with the function's own role, but not as its code. Throws if it would
 * refuse.
 */
function placed(
  { SubnetIds = [], SecurityGroupIds = [] }: VpcConfig,
  role: Principal,
  iam: Authorizer,
  networks: Pick<Vpcs, 'check'>,
) {
  if (SubnetIds.length === 0 && SecurityGroupIds.length === 0) return undefined;
  const missing = interfaceRights.find(
    (right) => iam.deny(role, { action: `ec2:${right}`, resource: '*' }) !== undefined,
  );
  if (missing !== undefined) {
    throw new Error(`The provided execution role does not have permissions to call ${missing} on EC2`);
  }
  const placement: Placement = { subnetIds: SubnetIds, securityGroupIds: SecurityGroupIds };
  networks.check(placement);
  return placement;
}

function functionType(lambda: Functions, iam: Core['iam'], networks: Vpcs): ResourceType {
  return {
    type: 'AWS::Lambda::Function',
    properties: propertyNames(FunctionSchema),
    create(logicalId, properties, stack) {
      const read = readProperties(this.type, logicalId, FunctionSchema, properties);
      const name = read.FunctionName ?? physicalName(stack, logicalId);
      if (lambda.functions.has(name))
        throw new AwsError('ResourceConflictException', `Function already exist: ${name}`, 409);
      const { arn } = lambda.create(settingsOf(name, read, stack)).settings;
      return { ref: name, attributes: { Arn: arn } };
    },
    update(created, { logicalId, after }, stack) {
      const read = readProperties(this.type, logicalId, FunctionSchema, after);
      lambda.update(created.ref, settingsOf(created.ref, read, stack));
      return created;
    },
    remove: ({ ref }) => lambda.remove(ref),
  };

  function settingsOf(name: string, read: v.InferOutput<typeof FunctionSchema>, stack: Stack): FunctionSettings {
    const { partition, region, account } = stack.env;
    const arn = `arn:${partition}:lambda:${region}:${account}:function:${name}`;
    const variables = read.Environment.Variables ?? {};
    const reserved = Object.keys(variables).find((one) => reservedVariables.includes(one));
    if (reserved !== undefined) throw new Error(`the environment variable ${reserved} is reserved by Lambda`);
    // https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    const measured = JSON.stringify(variables);
    if (Buffer.byteLength(measured) > mostEnvironmentBytes) {
      throw new AwsError(
        'InvalidParameterValueException',
        `Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit. String measured: ${measured}`,
      );
    }
    // A role that Lambda may not assume fails the deployment, not the first invocation.
    const role = iam.roleSession(read.Role, 'lambda.amazonaws.com', name);
    return {
      name,
      arn,
      roleArn: read.Role,
      runtime: read.Runtime,
      handler: read.Handler,
      folder: assetOf(stack, read.Code.S3Key),
      environment: variables,
      timeoutSeconds: read.Timeout,
      memoryMb: read.MemorySize,
      reservedConcurrency: read.ReservedConcurrentExecutions,
      log: {
        group: read.LoggingConfig.LogGroup ?? `/aws/lambda/${name}`,
        format: read.LoggingConfig.LogFormat ?? 'Text',
        level: read.LoggingConfig.ApplicationLogLevel ?? 'INFO',
      },
      placement: placed(read.VpcConfig, role, iam, networks),
      deadLetterArn: read.DeadLetterConfig?.TargetArn,
    };
  }
}

function permissionType(lambda: Functions): ResourceType {
  return {
    type: 'AWS::Lambda::Permission',
    properties: propertyNames(PermissionSchema),
    create(logicalId, properties, stack) {
      const read = readProperties(this.type, logicalId, PermissionSchema, properties);
      const target = lambda.function(read.FunctionName);
      const isService = read.Principal.endsWith('.amazonaws.com');
      const sid = `${stack.name}-${logicalId}-${suffixOf(logicalId)}`;
      target.statements.push({
        Sid: sid,
        Effect: 'Allow',
        Principal: isService ? { Service: read.Principal } : { AWS: read.Principal },
        Action: read.Action,
        Resource: target.settings.arn,
        Condition: {
          ...(read.SourceArn === undefined ? {} : { ArnLike: { 'aws:SourceArn': read.SourceArn } }),
          ...(read.SourceAccount === undefined ? {} : { StringEquals: { 'aws:SourceAccount': read.SourceAccount } }),
        },
      });
      return { ref: sid, attributes: { Id: sid } };
    },
    remove({ ref }, _logicalId, _stack, { FunctionName }) {
      const { statements } = lambda.function(String(FunctionName));
      const at = statements.findIndex((statement) => (statement as { Sid?: string }).Sid === ref);
      if (at >= 0) statements.splice(at, 1);
    },
  };
}

function invokeConfigType(lambda: Functions): ResourceType {
  return {
    type: 'AWS::Lambda::EventInvokeConfig',
    properties: propertyNames(InvokeConfigSchema),
    create(logicalId, properties) {
      set(readProperties(this.type, logicalId, InvokeConfigSchema, properties));
      return { ref: logicalId, attributes: {} };
    },
    update(created, { logicalId, after }) {
      set(readProperties(this.type, logicalId, InvokeConfigSchema, after));
      return created;
    },
    remove(_created, _logicalId, _stack, { FunctionName }) {
      lambda.function(String(FunctionName)).asynchronous = { maximumRetries: 2, maximumAgeSeconds: 21_600 };
    },
  };

  function set(read: v.InferOutput<typeof InvokeConfigSchema>): void {
    const onFailure = read.DestinationConfig.OnFailure?.Destination;
    const onSuccess = read.DestinationConfig.OnSuccess?.Destination;
    lambda.function(read.FunctionName).asynchronous = {
      maximumRetries: read.MaximumRetryAttempts,
      maximumAgeSeconds: read.MaximumEventAgeInSeconds,
      ...(onFailure === undefined ? {} : { onFailure }),
      ...(onSuccess === undefined ? {} : { onSuccess }),
    };
  }
}
