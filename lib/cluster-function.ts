import { CfnOutput, Duration } from 'aws-cdk-lib';
import { CfnAccessEntry } from 'aws-cdk-lib/aws-eks';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { gatekeepers } from '../domain/kubernetes.ts';
import { clusterService } from '../domain/metrics.ts';
import type { ManifestOptions } from '../kubernetes/manifests.ts';
import { AirlockFunction } from './airlock-function.ts';
import type { Address, ClusterLookUp } from './cluster-lookup.ts';
import { ClusterManifests } from './cluster-manifests.ts';
import { ClusterNetwork, type ClusterVpc } from './cluster-network.ts';
import type { Config } from './config/schema.ts';
import type { Ledger } from './ledger.ts';
import { QueueFunction } from './queue-function.ts';
import { grantUnscoped } from './unscoped-rights.ts';

/** One cluster of `airlock.yaml`. */
export type ClusterConfig = Config['clusters'][number];

/** How long one call of the function inside may work, in seconds: it waits for some ten, and its last request ends after 20. */
const insideSeconds = 25;

/** What the way into one cluster needs. */
export interface ClusterFunctionProps {
  readonly cluster: ClusterConfig;
  readonly ledger: Ledger;
  readonly operators: readonly string[];
  readonly gate: string;
  readonly proof: Config['proof'];
  readonly logRetention: RetentionDays;
  /** Finds a cluster that EKS knows. */
  readonly resolveCluster: () => ClusterLookUp;
  /** What the manifests of the cluster depend on; undefined if people apply them themselves. */
  readonly manifests: ManifestOptions | undefined;
}

/**
 * The queue of a cluster, in which nodes wait to be closed, released or quarantined, and the one function that decides what is done there. It reads rows of
 * the ledger, does what they say, and answers the states that wait. It signs its token itself, and what it may do in the cluster, the cluster's RBAC says. A private cluster is reached from its network alone, and the ledger is not: there a second
 * function stands in the network, with no identity in the cluster and no right in AWS, and gets each batch together with a token.
 */
export class ClusterFunction extends Construct {
  readonly cluster: QueueFunction;

  constructor(scope: Construct, id: string, props: ClusterFunctionProps) {
    super(scope, id);
    const { cluster, logRetention } = props;
    const { address, surroundings } = this.#find(cluster, props.resolveCluster);
    const network =
      surroundings === undefined
        ? undefined
        : new ClusterNetwork(this, 'Network', {
            cluster: cluster.name,
            port: portOf(cluster.endpoint),
            ...surroundings,
          });
    const environment = {
      CLUSTER_NAME: cluster.name,
      CLUSTER_ENDPOINT: address.endpoint,
      CLUSTER_CA: address.certificateAuthority,
      GATE_KEY: props.gate,
      PROOF: props.proof,
    };
    const inside =
      network &&
      new AirlockFunction(this, 'Inside', {
        name: 'cluster-inside',
        description: `Performs in the network of the cluster ${cluster.name} what it gets a token for`,
        timeout: Duration.seconds(insideSeconds),
        memoryMiB: 768,
        logRetention,
        // Its metrics are those of the function that the call comes from.
        service: clusterService,
        environment,
        placement: network.placement,
      });
    this.cluster = new QueueFunction(this, 'Cluster', {
      name: clusterService,
      description: `Releases and quarantines nodes of the cluster ${cluster.name}`,
      timeout: Duration.seconds(30),
      memoryMiB: 768,
      // A node may wait until its deadline, and is received again every few seconds.
      maxReceiveCount: 1_000,
      operators: props.operators,
      logRetention,
      environment: {
        ...environment,
        LEDGER_TABLE: props.ledger.table.tableName,
        ...(inside === undefined ? {} : { INSIDE_FUNCTION: inside.function.functionArn }),
      },
    });
    if (inside !== undefined) {
      const resources = [inside.function.functionArn];
      this.cluster.role.addToPolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources }));
    }
    props.ledger.grantRead(this.cluster.role, 'BatchGetItem');
    grantUnscoped(
      this.cluster.role,
      ['states:SendTaskSuccess', 'states:SendTaskFailure'],
      'AWS knows no resource for the answer by token',
    );
    if (cluster.endpoint !== undefined) {
      // A cluster that EKS does not know has no access entries: people map the role in its authenticator.
      new CfnOutput(this, 'RoleArn', { value: this.cluster.role.roleArn, description: `Maps to ${gatekeepers}` });
      return;
    }
    const entry = new CfnAccessEntry(this, 'Entry', {
      clusterName: cluster.name,
      principalArn: this.cluster.role.roleArn,
      kubernetesGroups: [gatekeepers],
      type: 'STANDARD',
    });
    // EKS refuses a role that it does not know yet as an invalid principal. Lambda has assumed this one by then.
    entry.node.addDependency(this.cluster.function);
    if (props.manifests === undefined) return;
    const prepared = new ClusterManifests(this, 'Manifests', {
      ...address,
      cluster: cluster.name,
      manifests: props.manifests,
      network,
      logRetention,
    });
    // The identity comes into a cluster that is ready for it, and leaves it before that is taken apart.
    entry.node.addDependency(prepared);
    new CfnOutput(this, 'Manifest', { value: prepared.summary, description: `What was applied to ${cluster.name}` });
  }

  #find(
    { name, endpoint, certificateAuthority, private: inside, network }: ClusterConfig,
    resolveCluster: () => ClusterLookUp,
  ): { readonly address: Address; readonly surroundings: ClusterVpc | undefined } {
    if (endpoint === undefined || certificateAuthority === undefined) {
      const found = resolveCluster().find(this, { name, inside });
      return { address: found, surroundings: inside ? found : undefined };
    }
    const given = network && { vpcId: network.vpc, subnetIds: network.subnets, securityGroupId: network.securityGroup };
    return { address: { endpoint, certificateAuthority }, surroundings: given };
  }
}

/** EKS serves on 443; a cluster of one's own on the port of its address. */
function portOf(endpoint: string | undefined): number {
  return Number(new URL(endpoint ?? 'https://eks').port || 443);
}
