import { Duration, Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { AirlockFunction } from './airlock-function.ts';
import type { Ledger } from './ledger.ts';

/** What halting needs. */
export interface HaltingProps {
  readonly ledger: Ledger;
  readonly logRetention: RetentionDays;
}

/** The one function that ends commands whose time is up, and waits until they have. */
export class Halting extends Construct {
  readonly halt: AirlockFunction;

  constructor(scope: Construct, id: string, { ledger, logRetention }: HaltingProps) {
    super(scope, id);
    this.halt = new AirlockFunction(this, 'Halt', {
      name: 'halt',
      description: 'Cancels a command whose time is up, and waits for its end',
      timeout: Duration.seconds(30),
      memoryMiB: 256,
      logRetention,
      environment: { LEDGER_TABLE: ledger.table.tableName },
    });
    const { role } = this.halt;
    role.addToPolicy(
      // None of these has a resource that a policy could name.
      new PolicyStatement({
        actions: ['ssm:CancelCommand', 'ssm:ListCommandInvocations', 'ssm:ListCommands'],
        resources: ['*'],
      }),
    );
    Validations.of(role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'AWS knows no resource for reading commands and for cancelling one',
    });
    ledger.grantRead(role, 'GetItem');
    ledger.grantWrite(role, 'halt');
  }
}
