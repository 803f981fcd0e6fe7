import { Lazy, RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { Effect, type IRole, PolicyStatement, StarPrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { Writer } from '../domain/ledger-change.ts';
import { partitions, writableBy } from '../domain/ledger-rights.ts';
import { operatorArn } from './operators.ts';

/** The reads that a role can be given. */
export type Read = 'BatchGetItem' | 'GetItem' | 'Query';

/** Who may write the ledger beside Airlock's own roles. */
export interface LedgerProps {
  /** Names of roles, with their paths. */
  readonly operators: readonly string[];
}

/** What replaces or deletes a whole row, or writes by another language. Nothing of Airlock does. */
const wholeRows = ['PutItem', 'DeleteItem', 'BatchWriteItem', 'PartiQLInsert', 'PartiQLUpdate', 'PartiQLDelete'];

/**
 * The table with one row per node: who claimed it, which command it got, how it ended. What its rows say decides, so a policy of its own denies every
 * write to all principals but the roles that were given one here, and the operators, who close breakers.
 */
export class Ledger extends Construct {
  readonly table: Table;
  readonly #writers: string[];

  constructor(scope: Construct, id: string, { operators }: LedgerProps) {
    super(scope, id);
    this.#writers = operators.map(operatorArn);
    this.table = new Table(this, 'Table', {
      partitionKey: { name: 'instanceId', type: AttributeType.STRING },
      sortKey: { name: 'launchedAt', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.DEFAULT,
      timeToLiveAttribute: 'expiresAt',
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.#deny(wholeRows);
    this.#deny(['UpdateItem'], { ArnNotEquals: { 'aws:PrincipalArn': Lazy.list({ produce: () => this.#writers }) } });
  }

  #deny(actions: readonly string[], conditions: Record<string, object> = {}): void {
    this.table.addToResourcePolicy(
      new PolicyStatement({
        effect: Effect.DENY,
        principals: [new StarPrincipal()],
        actions: actions.map((action) => `dynamodb:${action}`),
        // A table's policy cannot name the table that it comes with.
        resources: ['*'],
        conditions,
      }),
    );
  }

  /** Lets a role read whole rows. */
  grantRead(role: IRole, ...reads: readonly Read[]): void {
    this.table.grant(role, ...reads.map((read) => `dynamodb:${read}`));
  }

  /**
   * Lets a role update rows, and name no attributes but a writer's own. No role may put or delete a row: both replace it whole.
   * Source: "Using IAM policy conditions for fine-grained access control" in the DynamoDB Developer Guide.
   */
  grantWrite(role: IRole, writer: Writer): void {
    this.#writers.push(role.roleArn);
    for (const { kind, attributes } of writableBy(writer)) {
      role.addToPrincipalPolicy(
        new PolicyStatement({
          actions: ['dynamodb:UpdateItem'],
          resources: [this.table.tableArn],
          conditions: {
            'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [partitions[kind]] },
            'ForAllValues:StringEquals': { 'dynamodb:Attributes': attributes },
            // ForAllValues alone holds for a request that has none.
            Null: { 'dynamodb:LeadingKeys': 'false', 'dynamodb:Attributes': 'false' },
          },
        }),
      );
    }
  }
}
