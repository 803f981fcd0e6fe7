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

/** What the preparation of a cluster needs. */
export interface ClusterManifestsProps extends Address {
  readonly cluster: string;
  readonly manifests: ManifestOptions;
  /** Where the API answers in its own network alone. */
  readonly network: ClusterNetwork | undefined;
  readonly logRetention: RetentionDays;
}

/**
 * What a cluster needs, applied while the stack is deployed. The function that does so has to be a cluster administrator, for nothing less may
 * make roles, bind them and write admission policies: of the access policies of EKS, AmazonEKSAdminPolicy may do so in namespaces alone and
 * has neither `escalate` nor `bind` (https://github.com/aws/containers-roadmap/issues/2682). So it has an access entry only while a request of
 * CloudFormation is under way: `grant-cluster-admin` stands in front of it, asks CloudFormation whether that is so, and makes and deletes the
 * entry. What is applied is in the function itself, and no event can bring anything else. `manifests: manual` leaves all of it out.
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
        MANIFESTS: JSON.stringify(manifests),
      },
      placement: network?.placement,
    });
    const policyArn = `arn:${Aws.PARTITION}:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy`;
    const grant = new AirlockFunction(this, 'Grant', {
      name: 'grant-cluster-admin',
      description: `Lets prepare-cluster into the cluster ${cluster} while CloudFormation asks for it`,
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
      // Without it CloudFormation waits an hour for a function that died.
      serviceTimeout: Duration.minutes(15),
      // What is applied is the function's own. The version makes CloudFormation ask for it again if it differs.
      properties: { Version: manifestsVersion(renderManifests(manifests)) },
    });
    if (network) applied.node.addDependency(network.way);
    this.summary = applied.getAttString('Summary');
  }
}

function logicalIdOf(resource: CustomResource): string {
  return String(Stack.of(resource).resolve(Stack.of(resource).getLogicalId(resource.node.defaultChild as CfnElement)));
}

/** The rights to let one role into one cluster with one policy and one group, to invoke its function, and to ask how our own stack stands. */
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
    reason:
      'EKS ends the ARN of an access entry with an id that is not known beforehand; the entry is that of one role in one cluster',
  });
}
