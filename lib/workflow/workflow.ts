import { Arn, ArnFormat, Aws, type CfnElement, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import { DefinitionBody, StateMachine, StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { Attestation } from '../attestation.ts';
import type { Bus } from '../bus.ts';
import type { Cancellation } from '../cancellation.ts';
import type { ClusterFunction } from '../cluster-function.ts';
import type { Dispatch } from '../dispatch.ts';
import type { Ledger } from '../ledger.ts';
import type { Remediation } from '../remediation.ts';
import { workflowDefinition } from './definition.ts';

/** What the workflow uses. */
export interface WorkflowProps {
  readonly bus: Bus;
  readonly dispatch: Dispatch;
  readonly ledger: Ledger;
  readonly cancellation: Cancellation;
  readonly remediation: Remediation;
  /** Absent if receipts are not signed. */
  readonly attestation?: Attestation | undefined;
  /** Clusters by name. */
  readonly clusters: Readonly<Record<string, ClusterFunction>>;
}

/** The state machine: one execution per node, from admission to its end. */
export class Workflow extends Construct {
  readonly stateMachine: StateMachine;

  constructor(
    scope: Construct,
    id: string,
    { bus, dispatch, ledger, cancellation, remediation, attestation, clusters }: WorkflowProps,
  ) {
    super(scope, id);
    const queues = Object.entries(clusters).map(([name, { cluster }]) => [name, cluster.queue.url]);
    const definition = workflowDefinition({
      partition: Aws.PARTITION,
      dispatchQueueUrl: dispatch.queue.url,
      ledgerTable: ledger.table.tableName,
      eventBus: bus.bus.eventBusName,
      clusterQueueUrls: Object.fromEntries(queues),
      cancellationFunction: cancellation.function.functionArn,
      remediationFunction: remediation.function.functionArn,
      attestationFunction: attestation?.function.functionArn,
    });
    this.stateMachine = new StateMachine(this, 'StateMachine', {
      definitionBody: DefinitionBody.fromString(Stack.of(this).toJsonString(definition)),
      stateMachineType: StateMachineType.STANDARD,
      comment: 'One run of a node through Airlock',
      removalPolicy: RemovalPolicy.DESTROY,
    });
    Validations.of(this.stateMachine).acknowledge(
      {
        id: 'AwsSolutions-SF1',
        reason: 'The history is kept 90 days, and the audit trail shows each run without further rights',
      },
      {
        id: 'AwsSolutions-SF2',
        reason: 'Each event of the run carries its times; tracing would add rights and show nothing more',
      },
    );
    const { role } = this.stateMachine;
    for (const { queue } of [dispatch, ...Object.values(clusters).map(({ cluster }) => cluster)]) queue.grantSend(role);
    ledger.grantRead(role, 'GetItem');
    ledger.grantWrite(role, 'workflow');
    role.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['lambda:InvokeFunction'],
        resources: [cancellation, remediation, ...(attestation ? [attestation] : [])].map(
          ({ function: { functionArn } }) => functionArn,
        ),
      }),
    );
    bus.grantPublish(role);
  }

  /** Lets a role stop executions. */
  grantStop(role: Role): void {
    const { stateMachine } = this;
    const resourceName = `${stateMachine.stateMachineName}:*`;
    const arnFormat = ArnFormat.COLON_RESOURCE_NAME;
    const executions = Arn.format(
      { service: 'states', resource: 'execution', resourceName, arnFormat },
      Stack.of(this),
    );
    role.addToPolicy(new PolicyStatement({ actions: ['states:StopExecution'], resources: [executions] }));
    const id = Stack.of(this).getLogicalId(stateMachine.node.defaultChild as CfnElement);
    Validations.of(role).acknowledge({
      id: `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:<${id}.Name>:*]`,
      reason: 'Executions are not known at deploy time; these are the executions of one state machine',
    });
  }
}
