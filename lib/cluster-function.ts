import { CfnOutput, Duration } from 'aws-cdk-lib';
import { CfnAccessEntry } from 'aws-cdk-lib/aws-eks';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { gatekeepers } from '../domain/kubernetes.ts';
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

/**
 * Timeout of one call to the function inside the network, in seconds: it polls for about ten, and its last request ends
 * after 20.
 */
const insideSeconds = 25;

/** What the connection to one cluster needs. */
export interface ClusterFunctionProps {
  readonly cluster: ClusterConfig;
  readonly ledger: Ledger;
  readonly operators: readonly string[];
  readonly gate: string;
  readonly proof: Config['proof'];
  readonly logRetention: RetentionDays;
  /** Finds a cluster that EKS knows. */
  readonly resolveCluster: () => ClusterLookUp;
  /** What the cluster's manifests depend on; undefined if people apply them. */
  readonly manifests: ManifestOptions | undefined;
}

/**
 * A cluster's queue, in which nodes wait to be gated, released or quarantined, and the only function that decides
 * these. It reads run records from the ledger, acts on them, and answers the waiting states. It signs its own token,
 * and the cluster's RBAC limits what it may do there. A private cluster is reachable only from its own network, from
 * which the ledger is not. There, a second function is attached to the network. It has no identity in the cluster and
 * no rights in AWS, and receives each batch together with a token.
 */
export class ClusterFunction extends Construct {
  readonly cluster: QueueFunction;
  /** The functions of the cluster, by a name for people. */
  readonly functions: Readonly<Record<string, LambdaFunction>>;

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
        description: `Makes the API requests it receives a token for, in the network of the cluster ${cluster.name}`,
        timeout: Duration.seconds(insideSeconds),
        memoryMiB: 768,
        logRetention,
        // Its metrics belong to the function that calls it.
        service: 'cluster',
        environment,
        placement: network.placement,
      });
    this.cluster = new QueueFunction(this, 'Cluster', {
      name: 'cluster',
      description: `Releases and quarantines nodes of the cluster ${cluster.name}`,
      timeout: Duration.seconds(30),
      memoryMiB: 768,
      // A node may wait until its deadline; its message is received every few seconds.
      maxReceiveCount: 1_000,
      operators: props.operators,
      logRetention,
      environment: {
        ...environment,
        LEDGER_TABLE: props.ledger.table.tableName,
        ...(inside === undefined ? {} : { INSIDE_FUNCTION: inside.function.functionArn }),
      },
    });
    this.functions = {
      [`cluster ${cluster.name}`]: this.cluster.function,
      ...(inside && { [`inside ${cluster.name}`]: inside.function }),
    };
    if (inside !== undefined) {
      const resources = [inside.function.functionArn];
      this.cluster.role.addToPolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources }));
    }
    props.ledger.grantRead(this.cluster.role, 'BatchGetItem');
    grantUnscoped(
      this.cluster.role,
      ['states:SendTaskSuccess', 'states:SendTaskFailure'],
      'Answering by task token does not support resource-level permissions',
    );
    if (cluster.endpoint !== undefined) {
      // A cluster outside EKS has no access entries: you map the role in its authenticator.
      new CfnOutput(this, 'RoleArn', { value: this.cluster.role.roleArn, description: `Maps to ${gatekeepers}` });
      return;
    }
    const entry = new CfnAccessEntry(this, 'Entry', {
      clusterName: cluster.name,
      principalArn: this.cluster.role.roleArn,
      kubernetesGroups: [gatekeepers],
      type: 'STANDARD',
    });
    // EKS rejects a role that has not propagated yet as an invalid principal. Once the function exists, Lambda has
    // assumed the role.
    entry.node.addDependency(this.cluster.function);
    if (props.manifests === undefined) return;
    const prepared = new ClusterManifests(this, 'Manifests', {
      ...address,
      cluster: cluster.name,
      manifests: props.manifests,
      network,
      logRetention,
    });
    // The access entry is created after the manifests are applied and deleted before they are removed.
    entry.node.addDependency(prepared);
    new CfnOutput(this, 'Manifest', {
      value: prepared.summary,
      description: `What was applied to the cluster ${cluster.name}`,
    });
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

/** EKS serves on 443; a self-managed cluster on the port of its address. */
function portOf(endpoint: string | undefined): number {
  return Number(new URL(endpoint ?? 'https://eks').port || 443);
}
