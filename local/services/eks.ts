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
  /** `API` unless told. */
  readonly authenticationMode?: 'API' | 'API_AND_CONFIG_MAP' | 'CONFIG_MAP';
  /** Where its API answers; unless told, to everybody and in no network of its own. */
  readonly network?: ClusterNetwork;
}

/** The network of a cluster, and from where its API answers. */
export interface ClusterNetwork {
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
  readonly securityGroupId: string;
  readonly publicAccess: boolean;
  readonly privateAccess: boolean;
  /** `0.0.0.0/0` unless told. */
  readonly publicAccessCidrs?: readonly string[];
}

/** The Kubernetes version that a cluster has unless it says otherwise. */
const kubernetesVersion = '1.36';

/** Lets a role into a cluster, as a user in some groups. */
export interface AccessEntry {
  readonly clusterName: string;
  readonly principalArn: string;
  readonly username: string;
  readonly groups: readonly string[];
  /** The names of the access policies that are associated with it for the whole cluster. */
  readonly policies: readonly string[];
}

/** Told of each access entry that is made, and with `gone` of each that is deleted. */
export type EntryWatcher = (entry: AccessEntry, gone: boolean) => void;

/** Group names that EKS keeps for itself. */
const reservedGroup = /^(system|eks|aws|amazon|iam):/;

/** The one access policy that is modelled, for the one scope that is. https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html */
const PolicySchema = v.strictObject({
  AccessScope: v.strictObject({ Type: v.literal('cluster', 'only the scope cluster is modelled here') }),
  PolicyArn: v.pipe(
    v.string(),
    v.regex(
      /^arn:[^:]+:eks::aws:cluster-access-policy\/AmazonEKSClusterAdminPolicy$/,
      'only AmazonEKSClusterAdminPolicy is modelled here',
    ),
  ),
});

const EntrySchema = v.strictObject({
  AccessPolicies: v.optional(v.array(PolicySchema), []),
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
  readonly #watchers: EntryWatcher[] = [];

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

  /** Calls `watcher` for each access entry from now on. */
  watchEntries(watcher: EntryWatcher): void {
    this.#watchers.push(watcher);
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
    const cluster = this.#cluster(name);
    const { endpoint, certificateAuthority, version = kubernetesVersion, network } = cluster;
    return {
      name,
      arn: this.#arn(name),
      createdAt: this.#createdAt,
      version,
      endpoint,
      roleArn: `arn:${this.#place.partition}:iam::${this.#place.account}:role/${name}-cluster`,
      resourcesVpcConfig: {
        endpointPublicAccess: network?.publicAccess ?? true,
        endpointPrivateAccess: network?.privateAccess ?? false,
        publicAccessCidrs: [...(network?.publicAccessCidrs ?? ['0.0.0.0/0'])],
        ...(network === undefined
          ? {}
          : {
              vpcId: network.vpcId,
              subnetIds: [...network.subnetIds],
              clusterSecurityGroupId: network.securityGroupId,
            }),
      },
      certificateAuthority: { data: certificateAuthority },
      accessConfig: { authenticationMode: cluster.authenticationMode ?? ('API' as const) },
      status: 'ACTIVE' as const,
    };
  }

  #arn(name: string): string {
    return `arn:${this.#place.partition}:eks:${this.#place.region}:${this.#place.account}:cluster/${name}`;
  }

  #entryType(): ResourceType {
    const entries = this.#entries;
    const tell: EntryWatcher = (entry, gone) => {
      for (const watcher of this.#watchers) watcher(entry, gone);
    };
    const cluster = (name: string) => this.#cluster(name);
    const { partition, region, account } = this.#place;
    return {
      type: 'AWS::EKS::AccessEntry',
      properties: propertyNames(EntrySchema),
      create(logicalId, properties) {
        const read = readProperties(this.type, logicalId, EntrySchema, properties);
        const { ClusterName, PrincipalArn } = read;
        if (cluster(ClusterName).authenticationMode === 'CONFIG_MAP') {
          throw new AwsError(
            'InvalidRequestException',
            "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation.",
            400,
          );
        }
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
        const entry: AccessEntry = {
          clusterName: ClusterName,
          principalArn: PrincipalArn,
          username: read.Username ?? sessions,
          groups: read.KubernetesGroups,
          policies: read.AccessPolicies.map(({ PolicyArn }) => PolicyArn.split('/').at(-1) ?? ''),
        };
        entries.set(key, entry);
        tell(entry, false);
        const arn = `arn:${partition}:eks:${region}:${account}:access-entry/${ClusterName}/role/${account}/${role}`;
        return { ref: `${PrincipalArn}|${ClusterName}`, attributes: { AccessEntryArn: arn } };
      },
      remove({ ref }) {
        const [PrincipalArn, ClusterName] = ref.split('|');
        const key = `${ClusterName} ${PrincipalArn}`;
        const entry = entries.get(key);
        if (entry === undefined) return;
        entries.delete(key);
        tell(entry, true);
      },
    };
  }
}
