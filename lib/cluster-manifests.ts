import { Aws, CustomResource, Duration } from 'aws-cdk-lib';
import { CfnAccessEntry } from 'aws-cdk-lib/aws-eks';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { preparers } from '../domain/kubernetes.ts';
import type { Manifest } from '../kubernetes/manifests.ts';
import { AirlockFunction } from './airlock-function.ts';
import type { Address } from './cluster-lookup.ts';
import type { ClusterNetwork } from './cluster-network.ts';
import { Provided } from './provided.ts';

/** What the preparation of a cluster needs. */
export interface ClusterManifestsProps extends Address {
  readonly cluster: string;
  readonly manifests: readonly Manifest[];
  /** Where the API answers in its own network alone. */
  readonly network: ClusterNetwork | undefined;
  readonly logRetention: RetentionDays;
}

/**
 * What a cluster needs, applied while the stack is deployed. The function that does so is a cluster administrator, for nothing less may
 * make roles, bind them and write admission policies: of the access policies of EKS, AmazonEKSAdminPolicy may do so in namespaces alone and
 * has neither `escalate` nor `bind` (https://github.com/aws/containers-roadmap/issues/2682). So it runs while the stack is deployed and at no
 * other time, and nobody but the provider framework may invoke it. `manifests: manual` leaves it out.
 */
export class ClusterManifests extends Construct {
  /** One line on what was done, and what was kept and why. */
  readonly summary: string;

  constructor(scope: Construct, id: string, props: ClusterManifestsProps) {
    super(scope, id);
    const { cluster, manifests, network, logRetention } = props;
    const prepare = new AirlockFunction(this, 'Prepare', {
      name: 'prepare-cluster',
      description: `Applies what the cluster ${cluster} needs while the stack is deployed`,
      timeout: Duration.minutes(12),
      memoryMiB: 256,
      logRetention,
      environment: {
        CLUSTER_NAME: cluster,
        CLUSTER_ENDPOINT: props.endpoint,
        CLUSTER_CA: props.certificateAuthority,
      },
      placement: network?.placement,
    });
    const entry = new CfnAccessEntry(this, 'Entry', {
      clusterName: cluster,
      principalArn: prepare.role.roleArn,
      kubernetesGroups: [preparers],
      accessPolicies: [
        {
          policyArn: `arn:${Aws.PARTITION}:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy`,
          accessScope: { type: 'cluster' },
        },
      ],
      type: 'STANDARD',
    });
    const { serviceToken } = new Provided(this, 'Provided', { function: prepare, logRetention });
    const applied = new CustomResource(this, 'Applied', {
      resourceType: 'Custom::AirlockManifests',
      serviceToken,
      // Without it CloudFormation waits an hour for a function that died.
      serviceTimeout: Duration.minutes(15),
      // The whole text: an update or a rollback then has what it is to apply in hand, whichever version of the function runs.
      properties: { Manifests: JSON.stringify(manifests) },
    });
    applied.node.addDependency(entry);
    if (network) applied.node.addDependency(network.way);
    this.summary = applied.getAttString('Summary');
  }
}
