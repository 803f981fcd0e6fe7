import { Duration } from 'aws-cdk-lib';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { AirlockFunction } from './airlock-function.ts';
import type { Ledger } from './ledger.ts';
import { grantUnscoped } from './unscoped-rights.ts';

/** What cancellation needs. */
export interface CancellationProps {
  readonly ledger: Ledger;
  readonly logRetention: RetentionDays;
}

/** The only function that cancels commands whose time is up. It waits until they have ended. */
export class Cancellation extends AirlockFunction<'cancellation'> {
  constructor(scope: Construct, id: string, { ledger, logRetention }: CancellationProps) {
    super(scope, id, {
      name: 'cancellation',
      description: 'Cancels a command whose time is up and waits until it has ended',
      timeout: Duration.seconds(30),
      memoryMiB: 256,
      logRetention,
      environment: { LEDGER_TABLE: ledger.table.tableName },
    });
    grantUnscoped(
      this.role,
      ['ssm:CancelCommand', 'ssm:ListCommandInvocations', 'ssm:ListCommands'],
      'Reading and cancelling commands do not support resource-level permissions',
    );
    ledger.grantRead(this.role, 'GetItem');
    ledger.grantWrite(this.role, 'cancellation');
  }
}
