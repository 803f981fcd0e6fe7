import { Aws, Duration } from 'aws-cdk-lib';
import { CfnAccessEntry } from 'aws-cdk-lib/aws-eks';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { AwsCustomResource, AwsCustomResourcePolicy, PhysicalResourceId } from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';
import { gatekeepers } from '../domain/kubernetes.ts';
import { clusterService } from '../domain/metrics.ts';
import { AirlockFunction } from './airlock-function.ts';
import type { Config } from './config/schema.ts';

/** One cluster of `airlock.yaml`. */
export type ClusterConfig = Config['clusters'][number];

/** What the way into one cluster needs. */
export interface ClusterAccessProps {
  readonly cluster: ClusterConfig;
  readonly gate: string;
  readonly proof: Config['proof'];
  readonly logRetention: RetentionDays;
  /** The log of the function that looks clusters up while the stack is deployed. */
  readonly lookUpLog: LogGroup;
}

/**
 * The one function that talks to one cluster. It signs its token itself, so it has no AWS right but its log; what it may do in the cluster,
 * the cluster's RBAC says.
 */
export class ClusterAccess extends Construct {
  readonly cluster: AirlockFunction;

  constructor(scope: Construct, id: string, props: ClusterAccessProps) {
    super(scope, id);
    const { cluster } = props;
    const { endpoint, certificateAuthority } =
      cluster.endpoint === undefined || cluster.certificateAuthority === undefined
        ? this.#lookUp(cluster.name, props.lookUpLog)
        : { endpoint: cluster.endpoint, certificateAuthority: cluster.certificateAuthority };
    this.cluster = new AirlockFunction(this, 'Cluster', {
      name: clusterService,
      description: `Releases and quarantines nodes of the cluster ${cluster.name}`,
      timeout: Duration.seconds(90),
      memoryMiB: 512,
      logRetention: props.logRetention,
      environment: {
        CLUSTER_NAME: cluster.name,
        CLUSTER_ENDPOINT: endpoint,
        CLUSTER_CA: certificateAuthority,
        GATE_KEY: props.gate,
        PROOF: props.proof,
      },
    });
    if (cluster.endpoint === undefined) {
      new CfnAccessEntry(this, 'Entry', {
        clusterName: cluster.name,
        principalArn: this.cluster.role.roleArn,
        kubernetesGroups: [gatekeepers],
        type: 'STANDARD',
      });
    }
  }

  #lookUp(name: string, logGroup: LogGroup): { endpoint: string; certificateAuthority: string } {
    const found = new AwsCustomResource(this, 'LookUp', {
      onUpdate: {
        service: 'EKS',
        action: 'describeCluster',
        parameters: { name },
        outputPaths: ['cluster.endpoint', 'cluster.certificateAuthority.data'],
        physicalResourceId: PhysicalResourceId.of(name),
      },
      policy: AwsCustomResourcePolicy.fromStatements([
        new PolicyStatement({
          actions: ['eks:DescribeCluster'],
          resources: [`arn:${Aws.PARTITION}:eks:${Aws.REGION}:${Aws.ACCOUNT_ID}:cluster/${name}`],
        }),
      ]),
      installLatestAwsSdk: false,
      logGroup,
    });
    return {
      endpoint: found.getResponseField('cluster.endpoint'),
      certificateAuthority: found.getResponseField('cluster.certificateAuthority.data'),
    };
  }
}
