/**
 * EKS, as far as access goes: https://docs.aws.amazon.com/eks/latest/APIReference/API_DescribeCluster.html and
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-eks-accessentry.html
 */
import type { DescribeClusterCommandInput } from '@aws-sdk/client-eks';
import * as v from 'valibot';
import { AwsError, operation, type Place, type Service } from '../aws/service.ts';
import type { Clock } from '../clock.ts';
import type { ResourceType } from '../template/resource.ts';
import { propertyNames, readProperties, TagsSchema } from './properties.ts';

/** A cluster that runs here. */
export interface Cluster {
  /** For instance `https://127.0.0.1:6443`. */
  readonly endpoint: string;
  /** The certificate authority in PEM, base64. */
  readonly certificateAuthority: string;
  /** {@link kubernetesVersion} unless told. */
  readonly version?: string;
}

/** The Kubernetes version that a cluster has unless it says otherwise. */
const kubernetesVersion = '1.36';

/** Lets a role into a cluster, as a user in some groups. */
export interface AccessEntry {
  readonly clusterName: string;
  readonly principalArn: string;
  readonly username: string;
  readonly groups: readonly string[];
}

/** Group names that EKS keeps for itself. */
const reservedGroup = /^(system|eks|aws|amazon|iam):/;

const EntrySchema = v.strictObject({
  ClusterName: v.string(),
  PrincipalArn: v.pipe(
    v.string(),
    v.regex(/^arn:[^:]+:iam::\d{12}:(role|user)\//, 'must be the ARN of a role or a user, not of a session'),
  ),
  KubernetesGroups: v.optional(
    v.array(
      v.pipe(
        v.string(),
        v.check(
          (group) => !reservedGroup.test(group),
          'groups may not begin with system:, eks:, aws:, amazon: or iam:',
        ),
      ),
    ),
    [],
  ),
  Username: v.optional(v.string()),
  Type: v.optional(v.literal('STANDARD', 'only STANDARD is modelled here')),
  Tags: v.optional(TagsSchema),
});

/** The clusters of one account and region. */
export class Eks {
  readonly service: Service;
  readonly resourceTypes: readonly ResourceType[];
  readonly #place: Place;
  readonly #createdAt: Date;
  readonly #clusters = new Map<string, Cluster>();
  readonly #entries = new Map<string, AccessEntry>();

  constructor(options: { clock: Clock; place: Place }) {
    this.#place = options.place;
    this.#createdAt = new Date(options.clock.now());
    this.resourceTypes = [this.#entryType()];
    this.service = {
      name: 'eks',
      operations: {
        DescribeCluster: operation(
          (input: DescribeClusterCommandInput) => [
            { action: 'eks:DescribeCluster', resource: this.#arn(input.name ?? '') },
          ],
          (input) => ({ cluster: this.#described(input.name ?? '') }),
        ),
      },
    };
  }

  /** Makes a cluster known. */
  register(name: string, cluster: Cluster): void {
    this.#clusters.set(name, cluster);
  }

  /** The access entry of a role in a cluster, or undefined. */
  entry(clusterName: string, principalArn: string): AccessEntry | undefined {
    return this.#entries.get(`${clusterName} ${principalArn}`);
  }

  /** Every access entry of every cluster. */
  entries(): readonly AccessEntry[] {
    return [...this.#entries.values()];
  }

  #cluster(name: string): Cluster {
    const cluster = this.#clusters.get(name);
    if (cluster === undefined)
      throw new AwsError('ResourceNotFoundException', `No cluster found for name: ${name}.`, 404);
    return cluster;
  }

  #described(name: string) {
    const { endpoint, certificateAuthority, version = kubernetesVersion } = this.#cluster(name);
    return {
      name,
      arn: this.#arn(name),
      createdAt: this.#createdAt,
      version,
      endpoint,
      roleArn: `arn:${this.#place.partition}:iam::${this.#place.account}:role/${name}-cluster`,
      resourcesVpcConfig: {
        endpointPublicAccess: true,
        endpointPrivateAccess: false,
        publicAccessCidrs: ['0.0.0.0/0'],
      },
      certificateAuthority: { data: certificateAuthority },
      accessConfig: { authenticationMode: 'API' as const },
      status: 'ACTIVE' as const,
    };
  }

  #arn(name: string): string {
    return `arn:${this.#place.partition}:eks:${this.#place.region}:${this.#place.account}:cluster/${name}`;
  }

  #entryType(): ResourceType {
    const entries = this.#entries;
    const cluster = (name: string) => this.#cluster(name);
    const { partition, region, account } = this.#place;
    return {
      type: 'AWS::EKS::AccessEntry',
      properties: propertyNames(EntrySchema),
      create(logicalId, properties) {
        const read = readProperties(this.type, logicalId, EntrySchema, properties);
        const { ClusterName, PrincipalArn } = read;
        cluster(ClusterName);
        const key = `${ClusterName} ${PrincipalArn}`;
        if (entries.has(key)) {
          throw new AwsError(
            'ResourceInUseException',
            'The specified access entry resource is already in use on this cluster.',
            409,
          );
        }
        const role = PrincipalArn.split('/').at(-1) ?? '';
        // The name that EKS gives a role's sessions where the entry names none.
        const sessions = `arn:${partition}:sts::${account}:assumed-role/${role}/{{SessionName}}`;
        entries.set(key, {
          clusterName: ClusterName,
          principalArn: PrincipalArn,
          username: read.Username ?? sessions,
          groups: read.KubernetesGroups,
        });
        const arn = `arn:${partition}:eks:${region}:${account}:access-entry/${ClusterName}/role/${account}/${role}`;
        return { ref: `${PrincipalArn}|${ClusterName}`, attributes: { AccessEntryArn: arn } };
      },
    };
  }
}
