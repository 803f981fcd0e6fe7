import { Lazy, RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { Effect, type IRole, PolicyStatement, StarPrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { Writer } from '../domain/ledger-change.ts';
import { operatorAttributes, type RecordKind, updateCondition, writableBy } from '../domain/ledger-rights.ts';
import { operatorArn } from './operators.ts';

/** The read operations that a role can be granted. */
export type Read = 'BatchGetItem' | 'GetItem' | 'Query';

/** The principals that may write the ledger besides Airlock's own roles. */
export interface LedgerProps {
  /** Names of roles, with their paths. */
  readonly operators: readonly string[];
}

/** Operations that replace or delete a whole record, or write through PartiQL. Airlock uses none of them. */
const wholeRows = ['PutItem', 'DeleteItem', 'BatchWriteItem', 'PartiQLInsert', 'PartiQLUpdate', 'PartiQLDelete'];

/**
 * The table with one record per node: which execution claimed it, which command it got, how it ended. Airlock acts on
 * these records, so a resource policy denies writes to every principal except the roles granted here and the operators,
 * who record their acts and close breakers.
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
    if (operators.length > 0) {
      this.#deny(['UpdateItem'], {
        ArnEquals: { 'aws:PrincipalArn': operators.map(operatorArn) },
        'ForAnyValue:StringNotEquals': { 'dynamodb:Attributes': operatorAttributes },
      });
    }
  }

  #deny(actions: readonly string[], conditions: Record<string, object> = {}): void {
    this.table.addToResourcePolicy(
      new PolicyStatement({
        effect: Effect.DENY,
        principals: [new StarPrincipal()],
        actions: actions.map((action) => `dynamodb:${action}`),
        // A table's policy cannot name its table.
        resources: ['*'],
        conditions,
      }),
    );
  }

  /** Lets a role read whole records. */
  grantRead(role: IRole, ...reads: readonly Read[]): void {
    this.table.grant(role, ...reads.map((read) => `dynamodb:${read}`));
  }

  /**
   * Lets a role update records, limited to the writer's own attributes. No role may put or delete a record: both
   * replace it whole. Source: "Using IAM policy conditions for fine-grained access control" in the DynamoDB Developer
   * Guide.
   *
   * @param unused the kinds of records that the configuration makes none of
   */
  grantWrite(role: IRole, writer: Writer, unused: readonly RecordKind[] = []): void {
    this.#writers.push(role.roleArn);
    for (const writable of writableBy(writer).filter(({ kind }) => !unused.includes(kind))) {
      role.addToPrincipalPolicy(
        new PolicyStatement({
          actions: ['dynamodb:UpdateItem'],
          resources: [this.table.tableArn],
          conditions: updateCondition(writable),
        }),
      );
    }
  }
}
