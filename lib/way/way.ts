import { Aws, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { DefinitionBody, StateMachine, StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { Bus } from '../bus.ts';
import type { ClusterAccess } from '../cluster-access.ts';
import type { Commands } from '../commands.ts';
import type { Halting } from '../halting.ts';
import type { Ledger } from '../ledger.ts';
import type { Replacing } from '../replacing.ts';
import { wayDefinition } from './definition.ts';

/** What the way of a node leads through. */
export interface WayProps {
  readonly bus: Bus;
  readonly commands: Commands;
  readonly ledger: Ledger;
  readonly halting: Halting;
  readonly replacing: Replacing;
  /** By the cluster's name. */
  readonly clusters: Readonly<Record<string, ClusterAccess>>;
}

/** The state machine: one execution a node, from admission to its end. */
export class Way extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, { bus, commands, ledger, halting, replacing, clusters }: WayProps) {
    super(scope, id);
    const queues = Object.entries(clusters).map(([name, { tasks }]) => [name, tasks.queue.queueUrl]);
    const definition = wayDefinition({
      partition: Aws.PARTITION,
      commandsQueueUrl: commands.commands.queue.queueUrl,
      ledgerTable: ledger.table.tableName,
      eventBus: bus.bus.eventBusName,
      clusterQueueUrls: Object.fromEntries(queues),
      haltFunction: halting.halt.function.functionArn,
      replaceFunction: replacing.replace.function.functionArn,
    });
    this.stateMachine = new StateMachine(this, 'StateMachine', {
      definitionBody: DefinitionBody.fromString(Stack.of(this).toJsonString(definition)),
      stateMachineType: StateMachineType.STANDARD,
      comment: 'The way of one node through the airlock',
      removalPolicy: RemovalPolicy.DESTROY,
    });
    Validations.of(this.stateMachine).acknowledge(
      {
        id: 'AwsSolutions-SF1',
        reason: 'The history is kept 90 days, and the audit trail tells each way without more rights',
      },
      {
        id: 'AwsSolutions-SF2',
        reason: 'Each event of the way carries its times; tracing would add rights and tell nothing more',
      },
    );
    const { role } = this.stateMachine;
    for (const queue of [commands.commands, ...Object.values(clusters).map(({ tasks }) => tasks)])
      queue.grantSend(role);
    ledger.grantRead(role, 'GetItem');
    ledger.grantWrite(role, 'way');
    role.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['lambda:InvokeFunction'],
        resources: [halting.halt, replacing.replace].map(({ function: { functionArn } }) => functionArn),
      }),
    );
    bus.grantTelling(role);
  }
}
