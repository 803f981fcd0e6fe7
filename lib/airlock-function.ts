import { type Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, type CfnFunction, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { FilterPattern, LogGroup, MetricFilter, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Environment, FunctionName } from '../domain/function-settings.ts';
import { type MetricName, metricNamespace } from '../domain/metrics.ts';
import { bundleOf } from './bundles.ts';
import { grantInterfaces, type Placement } from './cluster-network.ts';

/** The properties of an Airlock function. */
export interface AirlockFunctionProps<Name extends FunctionName> {
  /** The folder under `lambdas/`. */
  readonly name: Name;
  /** The service name in logs and metrics; the function's own name by default. */
  readonly service?: FunctionName;
  readonly description: string;
  readonly timeout: Duration;
  readonly memoryMiB: number;
  readonly environment: Environment<Name>;
  readonly logRetention: RetentionDays;
  /** The network that the function is attached to; by default none. */
  readonly placement?: Placement | undefined;
}

/** A function with its own role. The role may only write the function's log until a construct grants it more. */
export class AirlockFunction<Name extends FunctionName = FunctionName> extends Construct {
  readonly function: LambdaFunction;
  readonly role: Role;

  constructor(scope: Construct, id: string, props: AirlockFunctionProps<Name>) {
    super(scope, id);
    const logGroup = new LogGroup(this, 'Log', { retention: props.logRetention, removalPolicy: RemovalPolicy.DESTROY });
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(this.role);
    countErrors(logGroup);
    // Lambda requests its network interfaces while it creates the function, so the right has to exist first.
    if (props.placement) grantInterfaces(this.role);
    this.function = new LambdaFunction(this, 'Function', {
      code: bundleOf(props.name),
      handler: 'index.handler',
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      timeout: props.timeout,
      memorySize: props.memoryMiB,
      role: this.role,
      logGroup,
      environment: { POWERTOOLS_SERVICE_NAME: props.service ?? props.name, ...props.environment },
    });
    // The network is known only at deploy time; the CDK's VPC constructs need it at synthesis.
    if (props.placement) (this.function.node.defaultChild as CfnFunction).vpcConfig = props.placement;
  }
}

/**
 * What Lambda writes into a function's log when it throws, runs out of time, or its process ends. Counting lines costs
 * nothing, and one alarm watches the errors of all functions. Source: Lambda Developer Guide, "Log and monitor Node.js
 * Lambda functions", "Troubleshoot invocation issues in Lambda".
 */
export const errorLines = [
  'Invoke Error',
  'Uncaught Exception',
  'Unhandled Promise Rejection',
  'Task timed out',
  'Runtime exited',
] as const;

/** Counts a function's errors as one metric with those of all others. */
function countErrors(logGroup: LogGroup): void {
  new MetricFilter(logGroup, 'Errors', {
    logGroup,
    filterPattern: FilterPattern.anyTerm(...errorLines),
    metricNamespace,
    metricName: 'FunctionErrors' satisfies MetricName,
  });
}
