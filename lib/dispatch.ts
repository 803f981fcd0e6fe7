import { Duration, Lazy } from 'aws-cdk-lib';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { type Catalogue, checksumsOf } from '../domain/catalogue.ts';
import { pack } from '../domain/packed.ts';
import type { Runtime } from '../domain/runtimes.ts';
import type { Versions } from '../domain/tags.ts';
import type { ArtifactMirror } from './artifact-mirror.ts';
import type { Bus } from './bus.ts';
import { grantSend } from './grant-send.ts';
import type { Ledger } from './ledger.ts';
import type { NamedDocument, NodeDocuments } from './node-documents.ts';
import { QueueFunction } from './queue-function.ts';
import { grantUnscoped } from './unscoped-rights.ts';

/** What dispatch needs. */
export interface DispatchProps {
  readonly bus: Bus;
  readonly operators: readonly string[];
  readonly documents: NodeDocuments;
  readonly catalogue: Catalogue;
  readonly versions: Versions;
  readonly ledger: Ledger;
  /** Where nodes get the files, if not from upstream. */
  readonly mirror?: ArtifactMirror | undefined;
  readonly logRetention: RetentionDays;
}

/**
 * From waiting nodes to commands: a queue in which a node waits until its agent is online, and the only function that
 * may send commands which change a node. It sends only Airlock's documents, and only to instances with Airlock's tag.
 */
export class Dispatch extends QueueFunction<'dispatch'> {
  constructor(scope: Construct, id: string, props: DispatchProps) {
    const { bus, operators, documents, ledger, mirror, logRetention } = props;
    let access: string | undefined;
    const deployed = { install: documents.of('install'), prove: documents.of('prove') };
    super(scope, id, {
      name: 'dispatch',
      description: 'Sends one command to all waiting nodes that are online and request the same runtime',
      timeout: Duration.seconds(30),
      memoryMiB: 640,
      // A node may wait for its agent until its deadline; its message is received every few seconds.
      maxReceiveCount: 1_000,
      operators,
      logRetention,
      environment: {
        DOCUMENTS: JSON.stringify(deployed),
        CHECKSUMS: JSON.stringify(checksumsOf(props.catalogue, Object.keys(props.versions) as Runtime[])),
        VERSIONS: pack(props.versions),
        LEDGER_TABLE: ledger.table.tableName,
        EVENT_BUS: bus.bus.eventBusName,
        ...(mirror === undefined ? {} : { MIRROR: Lazy.string({ produce: () => access }) }),
      },
    });
    const { role } = this;
    access = mirror?.grantSign(this);
    const names = Object.values(deployed).flatMap(Object.values<NamedDocument>);
    grantSend(
      role,
      names.map(({ name }) => name),
    );
    grantUnscoped(
      role,
      ['ssm:DescribeInstanceInformation', 'ssm:ListCommands', 'states:SendTaskFailure'],
      'These reads and the answer by task token do not support resource-level permissions',
    );
    ledger.grantRead(role, 'BatchGetItem');
    ledger.grantWrite(role, 'dispatch');
    bus.grantPublish(this.role);
  }
}
