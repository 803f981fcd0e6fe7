import { CfnOutput, CustomResource, Duration, Lazy, RemovalPolicy } from 'aws-cdk-lib';
import { AccountRootPrincipal, ArnPrincipal, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { AirlockFunction } from './airlock-function.ts';
import type { Bus } from './bus.ts';
import { CustomResourceProvider } from './custom-resource-provider.ts';
import type { Ledger } from './ledger.ts';

/** What attestation needs. */
export interface AttestationProps {
  readonly bus: Bus;
  readonly ledger: Ledger;
  /** The number of the key. Another number makes another key, and the stack keeps the old one. */
  readonly receiptKey: number;
  readonly logRetention: RetentionDays;
}

/** What an account's administrators may do with the key by their own policies: everything but sign. */
const administration = [
  'Describe*',
  'Get*',
  'List*',
  'Put*',
  'Update*',
  'Enable*',
  'Disable*',
  'TagResource',
  'UntagResource',
  'ScheduleKeyDeletion',
  'CancelKeyDeletion',
  'Verify',
].map((action) => `kms:${action}`);

/**
 * The only function that may sign receipts, as the last step of each run, with a key that no other principal may sign
 * with. An administrator who changes the key's policy can sign too, and CloudTrail records both.
 */
export class Attestation extends AirlockFunction<'attestation'> {
  readonly #key: Key;

  constructor(scope: Construct, id: string, { bus, ledger, receiptKey, logRetention }: AttestationProps) {
    super(scope, id, {
      name: 'attestation',
      description: 'Signs the receipts of runs that have ended',
      timeout: Duration.seconds(30),
      memoryMiB: 256,
      logRetention,
      environment: {
        LEDGER_TABLE: ledger.table.tableName,
        EVENT_BUS: bus.bus.eventBusName,
        RECEIPT_KEY: Lazy.string({ produce: () => this.#key.keyArn }),
      },
    });
    this.#key = new Key(this, `Key${receiptKey}`, {
      description: `Signs Airlock's receipts, key ${receiptKey}`,
      keySpec: KeySpec.ECC_NIST_P256,
      keyUsage: KeyUsage.SIGN_VERIFY,
      // Receipts are checked for longer than the stack lives.
      removalPolicy: RemovalPolicy.RETAIN,
      policy: new PolicyDocument({
        statements: [
          new PolicyStatement({
            principals: [new AccountRootPrincipal()],
            actions: administration,
            resources: ['*'],
          }),
          new PolicyStatement({
            principals: [new ArnPrincipal(this.role.roleArn)],
            actions: ['kms:Sign'],
            resources: ['*'],
            conditions: {
              StringEquals: { 'kms:SigningAlgorithm': 'ECDSA_SHA_256', 'kms:MessageType': 'DIGEST' },
            },
          }),
        ],
      }),
    });
    const resources = [this.#key.keyArn];
    this.role.addToPolicy(new PolicyStatement({ actions: ['kms:GetPublicKey', 'kms:Sign'], resources }));
    ledger.grantRead(this.role, 'GetItem');
    bus.grantPublish(this.role);
    this.#publishKey(this.#key, logRetention);
  }

  /** Puts the public key into the stack's outputs. */
  #publishKey(key: Key, logRetention: RetentionDays): void {
    const reader = new AirlockFunction(this, 'ReadKey', {
      name: 'receipt-key',
      description: 'Reads the public key of receipts while the stack is deployed',
      timeout: Duration.minutes(2),
      memoryMiB: 256,
      logRetention,
      environment: {},
    });
    reader.role.addToPolicy(new PolicyStatement({ actions: ['kms:GetPublicKey'], resources: [key.keyArn] }));
    const provider = new CustomResourceProvider(this, 'CustomResourceProvider', { function: reader, logRetention });
    const read = new CustomResource(this, 'PublicKey', {
      resourceType: 'Custom::AirlockReceiptKey',
      serviceToken: provider.serviceToken,
      serviceTimeout: Duration.minutes(5),
      properties: { Key: key.keyArn },
    });
    new CfnOutput(this, 'Pem', {
      value: read.getAttString('Pem'),
      description: 'The public key that receipts are checked with',
    }).overrideLogicalId('ReceiptKey');
    new CfnOutput(this, 'KeyId', {
      value: read.getAttString('KeyId'),
      description: 'The SHA-256 of that key, as receipts name it',
    }).overrideLogicalId('ReceiptKeyId');
  }
}
