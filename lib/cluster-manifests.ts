import { Aws, type CfnElement, CustomResource, Duration, Lazy, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { preparers } from '../domain/kubernetes.ts';
import { type ManifestOptions, renderManifests } from '../kubernetes/manifests.ts';
import { manifestsVersion } from '../kubernetes/version.ts';
import { AirlockFunction } from './airlock-function.ts';
import type { Address } from './cluster-lookup.ts';
import type { ClusterNetwork } from './cluster-network.ts';
import { CustomResourceProvider } from './custom-resource-provider.ts';

/** What it takes to prepare a cluster. */
export interface ClusterManifestsProps extends Address {
  readonly cluster: string;
  readonly manifests: ManifestOptions;
  /** The network of an API that is reachable only from there. */
  readonly network: ClusterNetwork | undefined;
  readonly logRetention: RetentionDays;
}

/**
 * Applies what a cluster needs during deployment. The function that applies it has to be a cluster administrator: only
 * an administrator may create roles, bind them and write admission policies. Of the EKS access policies,
 * AmazonEKSAdminPolicy allows that in namespaces only and includes neither `escalate` nor `bind`
 * (https://github.com/aws/containers-roadmap/issues/2682). So it has an access entry only while a request of
 * CloudFormation is in progress: `grant-cluster-admin` runs before it, asks CloudFormation whether that is so, and
 * creates and deletes the entry. The function contains what it applies, and no event can add anything. `manifests:
 * manual` leaves all of this out.
 */
export class ClusterManifests extends Construct {
  /** One line that states what was applied, and what was kept and why. */
  readonly summary: string;

  constructor(scope: Construct, id: string, props: ClusterManifestsProps) {
    super(scope, id);
    const { cluster, manifests, network, logRetention } = props;
    const prepare = new AirlockFunction(this, 'Prepare', {
      name: 'prepare-cluster',
      description: `Applies the manifests of the cluster ${cluster} during deployment`,
      timeout: Duration.minutes(12),
      memoryMiB: 256,
      logRetention,
      environment: {
        CLUSTER_NAME: cluster,
        CLUSTER_ENDPOINT: props.endpoint,
        CLUSTER_CA: props.certificateAuthority,
        MANIFESTS: JSON.stringify(manifests),
      },
      placement: network?.placement,
    });
    const policyArn = `arn:${Aws.PARTITION}:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy`;
    const grant = new AirlockFunction(this, 'Grant', {
      name: 'grant-cluster-admin',
      description: `Grants prepare-cluster access to the cluster ${cluster} during a CloudFormation request`,
      timeout: Duration.minutes(15),
      memoryMiB: 256,
      logRetention,
      environment: {
        CLUSTER_NAME: cluster,
        PREPARE_FUNCTION: prepare.function.functionArn,
        PREPARE_ROLE: prepare.role.roleArn,
        ACCESS_POLICY: policyArn,
        STACK_ID: Aws.STACK_ID,
        RESOURCE: Lazy.string({ produce: () => logicalIdOf(applied) }),
      },
    });
    grantEntry(grant, prepare, { cluster, policyArn });
    const { serviceToken } = new CustomResourceProvider(this, 'CustomResourceProvider', {
      function: grant,
      logRetention,
    });
    const applied = new CustomResource(this, 'Applied', {
      resourceType: 'Custom::AirlockManifests',
      serviceToken,
      // Otherwise CloudFormation waits an hour for a function that crashed.
      serviceTimeout: Duration.minutes(15),
      // The function contains the manifests. A changed version makes CloudFormation invoke it.
      properties: { Version: manifestsVersion(renderManifests(manifests)) },
    });
    if (network) applied.node.addDependency(network.apiIngress);
    this.summary = applied.getAttString('Summary');
  }
}

function logicalIdOf(resource: CustomResource): string {
  return String(Stack.of(resource).resolve(Stack.of(resource).getLogicalId(resource.node.defaultChild as CfnElement)));
}

/**
 * The rights to grant one role access to one cluster with one policy and one group, to invoke its function, and to
 * describe the stack's own state.
 */
function grantEntry(
  grant: AirlockFunction,
  prepare: AirlockFunction,
  { cluster, policyArn }: { readonly cluster: string; readonly policyArn: string },
): void {
  const eks = `arn:${Aws.PARTITION}:eks:${Aws.REGION}:${Aws.ACCOUNT_ID}`;
  const entries = [`${eks}:access-entry/${cluster}/role/${Aws.ACCOUNT_ID}/${prepare.role.roleName}/*`];
  const allow = (actions: string[], resources: string[], conditions?: Record<string, Record<string, unknown>>) =>
    grant.role.addToPolicy(new PolicyStatement({ actions, resources, ...(conditions && { conditions }) }));
  allow(['cloudformation:DescribeStackResource'], [Aws.STACK_ID]);
  allow(['lambda:InvokeFunction'], [prepare.function.functionArn]);
  // Source of the keys: Service Authorization Reference, "Amazon Elastic Kubernetes Service".
  allow(['eks:CreateAccessEntry'], [`${eks}:cluster/${cluster}`], {
    ArnEquals: { 'eks:principalArn': prepare.role.roleArn },
    StringEquals: { 'eks:accessEntryType': 'STANDARD' },
    'ForAllValues:StringEquals': { 'eks:kubernetesGroups': [preparers] },
  });
  allow(['eks:AssociateAccessPolicy'], entries, {
    ArnEquals: { 'eks:policyArn': policyArn },
    StringEquals: { 'eks:accessScope': 'cluster' },
  });
  allow(['eks:DeleteAccessEntry'], entries);
  const role = Stack.of(prepare).getLogicalId(prepare.role.node.defaultChild as CfnElement);
  const shown = `arn:<AWS::Partition>:eks:<AWS::Region>:<AWS::AccountId>:access-entry/${cluster}/role/<AWS::AccountId>/<${role}>/*`;
  Validations.of(grant.role).acknowledge({
    id: `AwsSolutions-IAM5[Resource::${shown}]`,
    reason: 'The ARN of an access entry ends with an id that EKS assigns; the entry belongs to one role in one cluster',
  });
}
