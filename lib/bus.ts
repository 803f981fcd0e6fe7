import { CfnOutput, Lazy, Stack } from 'aws-cdk-lib';
import { CfnEventBusPolicy, EventBus } from 'aws-cdk-lib/aws-events';
import { Effect, type IRole, PolicyStatement, StarPrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { source } from '../domain/events.ts';
import { operatorArn } from './operators.ts';

/** The principals that may publish besides Airlock's own roles. */
export interface BusProps {
  /** Names of roles, with their paths. */
  readonly operators: readonly string[];
}

/**
 * The event bus that Airlock publishes on. The bus policy denies PutEvents to every principal except the roles granted
 * here, so that a right to put events somewhere in the account does not include writing Airlock's history.
 */
export class Bus extends Construct {
  readonly bus: EventBus;
  readonly #publishers: string[];

  constructor(scope: Construct, id: string, { operators }: BusProps) {
    super(scope, id);
    this.#publishers = operators.map(operatorArn);
    this.bus = new EventBus(this, 'Bus', {
      eventBusName: Stack.of(this).stackName,
      description: 'What Airlock publishes about nodes',
    });
    const alone = new PolicyStatement({
      effect: Effect.DENY,
      principals: [new StarPrincipal()],
      actions: ['events:PutEvents'],
      resources: [this.bus.eventBusArn],
      // A role's session has its role's ARN in this key. A service that acts on its own behalf has no such key and is
      // denied, too.
      conditions: { ArnNotEquals: { 'aws:PrincipalArn': Lazy.list({ produce: () => this.#publishers }) } },
    });
    new CfnEventBusPolicy(this, 'Publishers', {
      eventBusName: this.bus.eventBusName,
      statementId: 'AirlockAlone',
      statement: alone.toStatementJson(),
    });
    new CfnOutput(this, 'Name', { value: this.bus.eventBusName, description: 'The bus that Airlock publishes on' });
    new CfnOutput(this, 'Arn', {
      value: this.bus.eventBusArn,
      description: 'For your own rules and their targets',
    });
  }

  /** Lets a role publish, with Airlock's source only. */
  grantPublish(role: IRole): void {
    this.#publishers.push(role.roleArn);
    role.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['events:PutEvents'],
        resources: [this.bus.eventBusArn],
        // One evaluation covers all entries of a call, so the key is multivalued; ForAllValues by itself also matches a
        // request without the key.
        conditions: {
          'ForAllValues:StringEquals': { 'events:source': [source] },
          Null: { 'events:source': 'false' },
        },
      }),
    );
  }
}
