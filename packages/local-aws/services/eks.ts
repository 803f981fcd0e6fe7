/**
 * EKS, as far as access goes: https://docs.aws.amazon.com/eks/latest/APIReference/API_DescribeCluster.html,
 * API_ListClusters.html, API_CreateAccessEntry.html, API_AssociateAccessPolicy.html, API_DeleteAccessEntry.html and
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-eks-accessentry.html
 */
import type {
  AssociateAccessPolicyCommandInput,
  CreateAccessEntryCommandInput,
  DeleteAccessEntryCommandInput,
  DescribeClusterCommandInput,
  ListClustersCommandInput,
} from '@aws-sdk/client-eks';
import * as v from 'valibot';
import type { Clock } from '../clock.ts';
import { AwsError, type Environment, operation, type Service } from '../gateway/service.ts';
import type { ResourceType } from '../template/resource.ts';
import { propertyNames, readProperties, TagsSchema } from './properties.ts';

/** A running cluster. */
export interface Cluster {
  /** For instance `https://127.0.0.1:6443`. */
  readonly endpoint: string;
  /** The certificate authority in PEM, base64. */
  readonly certificateAuthority: string;
  /** {@link kubernetesVersion} by default. */
  readonly version?: string;
  /** `API` by default. */
  readonly authenticationMode?: 'API' | 'API_AND_CONFIG_MAP' | 'CONFIG_MAP';
  /** Where its API answers; by default publicly and in no VPC. */
  readonly network?: ClusterNetwork;
}

/** A cluster's network, and where its API is reachable from. */
export interface ClusterNetwork {
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
  readonly securityGroupId: string;
  readonly publicAccess: boolean;
  readonly privateAccess: boolean;
  /** `0.0.0.0/0` by default. */
  readonly publicAccessCidrs?: readonly string[];
}

/** A cluster's default Kubernetes version. */
const kubernetesVersion = '1.36';

/** Grants a role access to a cluster, as a user in some groups. */
export interface AccessEntry {
  readonly clusterName: string;
  readonly principalArn: string;
  readonly username: string;
  readonly groups: readonly string[];
  /** The names of the access policies associated with it for the whole cluster. */
  readonly policies: readonly string[];
}

/** What this account's EKS depends on. */
export interface EksOptions {
  readonly clock: Clock;
  readonly env: Environment;
  /**
   * When a role was created, in milliseconds since the epoch; undefined if no role has the ARN. By default all are old.
   */
  readonly roleMadeAt?: (arn: string) => number | undefined;
  /** How long EKS does not accept a new role, in milliseconds. */
  readonly spreadMs?: number;
}

/** Receives each access entry that is created or changed, and with `gone` each that is deleted. */
export type EntryWatcher = (entry: AccessEntry, gone: boolean) => void;

/** Group names that EKS reserves. */
const reservedGroup = /^(system|eks|aws|amazon|iam):/;

/**
 * The only modelled access policy, with its only modelled scope.
 * https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html
 */
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
  readonly #env: Environment;
  readonly #clock: Clock;
  readonly #roleMadeAt: (arn: string) => number | undefined;
  readonly #spreadMs: number;
  readonly #createdAt: Date;
  readonly #clusters = new Map<string, Cluster>();
  readonly #entries = new Map<string, AccessEntry>();
  readonly #watchers: EntryWatcher[] = [];

  constructor(options: EksOptions) {
    this.#env = options.env;
    this.#clock = options.clock;
    this.#roleMadeAt = options.roleMadeAt ?? (() => 0);
    this.#spreadMs = options.spreadMs ?? 0;
    this.#createdAt = new Date(options.clock.now());
    this.resourceTypes = [this.#entryType()];
    this.service = {
      name: 'eks',
      operations: {
        ListClusters: operation(
          () => [{ action: 'eks:ListClusters', resource: '*' }],
          (input: ListClustersCommandInput) => this.#listed(input),
        ),
        DescribeCluster: operation(
          (input: DescribeClusterCommandInput) => [
            { action: 'eks:DescribeCluster', resource: this.#arn(input.name ?? '') },
          ],
          (input) => ({ cluster: this.#described(input.name ?? '') }),
        ),
        CreateAccessEntry: operation(
          ({ clusterName = '', principalArn = '', kubernetesGroups = [], type = 'STANDARD' }: EntryInput) => {
            const groups = kubernetesGroups.length === 0 ? {} : { 'eks:kubernetesGroups': kubernetesGroups };
            const context = { 'eks:principalArn': principalArn, 'eks:accessEntryType': type, ...groups };
            return [{ action: 'eks:CreateAccessEntry', resource: this.#arn(clusterName), context }];
          },
          ({ clusterName = '', principalArn = '', kubernetesGroups, username, type }) => {
            this.#cluster(clusterName);
            const madeAt = this.#roleMadeAt(principalArn);
            if (madeAt === undefined || this.#clock.now() < madeAt + this.#spreadMs) {
              const message = 'The specified principalArn is invalid: invalid principal.';
              throw new AwsError('InvalidParameterException', message, 400);
            }
            const properties = {
              ClusterName: clusterName,
              PrincipalArn: principalArn,
              ...(kubernetesGroups && { KubernetesGroups: kubernetesGroups }),
              ...(username && { Username: username }),
              ...(type && { Type: type }),
            };
            const entry = this.#add(readProperties('CreateAccessEntry', principalArn, EntrySchema, properties));
            const { username: user, groups } = entry;
            return { accessEntry: { clusterName, principalArn, username: user, kubernetesGroups: [...groups] } };
          },
        ),
        AssociateAccessPolicy: operation(
          ({ clusterName = '', principalArn = '', policyArn = '', accessScope }: PolicyInput) => {
            const context = { 'eks:policyArn': policyArn, 'eks:accessScope': accessScope?.type ?? '' };
            return [
              { action: 'eks:AssociateAccessPolicy', resource: this.#entryArn(clusterName, principalArn), context },
            ];
          },
          ({ clusterName = '', principalArn = '', policyArn = '', accessScope }) => {
            const entry = this.#found(clusterName, principalArn);
            const policy = { PolicyArn: policyArn, AccessScope: { Type: accessScope?.type } };
            const { PolicyArn } = readProperties('AssociateAccessPolicy', principalArn, PolicySchema, policy);
            const policies = [...new Set([...entry.policies, nameOf(PolicyArn)])];
            this.#set({ ...entry, policies });
            return { clusterName, principalArn, associatedAccessPolicy: { policyArn } };
          },
        ),
        DeleteAccessEntry: operation(
          ({ clusterName = '', principalArn = '' }: Partial<DeleteAccessEntryCommandInput>) => [
            { action: 'eks:DeleteAccessEntry', resource: this.#entryArn(clusterName, principalArn) },
          ],
          ({ clusterName = '', principalArn = '' }) => {
            this.#remove(this.#found(clusterName, principalArn));
            return {};
          },
        ),
      },
    };
  }

  /** Registers a cluster. */
  register(name: string, cluster: Cluster): void {
    this.#clusters.set(name, cluster);
  }

  /** Calls `watcher` for each access entry from now on. */
  watchEntries(watcher: EntryWatcher): void {
    this.#watchers.push(watcher);
  }

  /** A role's access entry in a cluster, or undefined. */
  entry(clusterName: string, principalArn: string): AccessEntry | undefined {
    return this.#entries.get(`${clusterName} ${principalArn}`);
  }

  /** Every access entry of every cluster. */
  entries(): readonly AccessEntry[] {
    return [...this.#entries.values()];
  }

  #set(entry: AccessEntry, gone = false): void {
    const key = `${entry.clusterName} ${entry.principalArn}`;
    if (gone) this.#entries.delete(key);
    else this.#entries.set(key, entry);
    for (const watcher of this.#watchers) watcher(entry, gone);
  }

  #remove(entry: AccessEntry): void {
    this.#set(entry, true);
  }

  #found(clusterName: string, principalArn: string): AccessEntry {
    this.#cluster(clusterName);
    const entry = this.entry(clusterName, principalArn);
    if (entry !== undefined) return entry;
    const message =
      "The specified principalArn could not be found. You can view your available access entries with 'list-access-entries'.";
    throw new AwsError('ResourceNotFoundException', message, 404);
  }

  #entryArn(clusterName: string, principalArn: string): string {
    const { partition, region, account } = this.#env;
    const id = '11111111-2222-3333-4444-555555555555';
    return `arn:${partition}:eks:${region}:${account}:access-entry/${clusterName}/role/${account}/${nameOf(principalArn)}/${id}`;
  }

  #cluster(name: string): Cluster {
    const cluster = this.#clusters.get(name);
    if (cluster === undefined)
      throw new AwsError('ResourceNotFoundException', `No cluster found for name: ${name}.`, 404);
    return cluster;
  }

  /** In pages of at most 100 names. Source: API_ListClusters. */
  #listed({ maxResults = 100, nextToken }: ListClustersCommandInput) {
    if (maxResults < 1 || maxResults > 100) {
      throw new AwsError('InvalidParameterException', 'maxResults must be between 1 and 100.', 400);
    }
    const names = [...this.#clusters.keys()].toSorted();
    const from = nextToken === undefined ? 0 : names.indexOf(nextToken);
    if (from < 0) throw new AwsError('InvalidParameterException', 'The nextToken is invalid.', 400);
    const next = names[from + maxResults];
    return { clusters: names.slice(from, from + maxResults), ...(next === undefined ? {} : { nextToken: next }) };
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
      roleArn: `arn:${this.#env.partition}:iam::${this.#env.account}:role/${name}-cluster`,
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
    return `arn:${this.#env.partition}:eks:${this.#env.region}:${this.#env.account}:cluster/${name}`;
  }

  /** Creates an entry, for the API and CloudFormation. */
  #add(read: v.InferOutput<typeof EntrySchema>): AccessEntry {
    const { ClusterName, PrincipalArn } = read;
    if (this.#cluster(ClusterName).authenticationMode === 'CONFIG_MAP') {
      throw new AwsError(
        'InvalidRequestException',
        "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation.",
        400,
      );
    }
    if (this.entry(ClusterName, PrincipalArn) !== undefined) {
      throw new AwsError(
        'ResourceInUseException',
        'The specified access entry resource is already in use on this cluster.',
        409,
      );
    }
    const { partition, account } = this.#env;
    // EKS's default name for a role's sessions.
    const sessions = `arn:${partition}:sts::${account}:assumed-role/${nameOf(PrincipalArn)}/{{SessionName}}`;
    const entry: AccessEntry = {
      clusterName: ClusterName,
      principalArn: PrincipalArn,
      username: read.Username ?? sessions,
      groups: read.KubernetesGroups,
      policies: read.AccessPolicies.map(({ PolicyArn }) => nameOf(PolicyArn)),
    };
    this.#set(entry);
    return entry;
  }

  #entryType(): ResourceType {
    const add = (properties: v.InferOutput<typeof EntrySchema>) => this.#add(properties);
    const arnOf = (cluster: string, principal: string) => this.#entryArn(cluster, principal);
    return {
      type: 'AWS::EKS::AccessEntry',
      properties: propertyNames(EntrySchema),
      create(logicalId, properties) {
        const read = readProperties(this.type, logicalId, EntrySchema, properties);
        const { clusterName, principalArn } = add(read);
        return {
          ref: `${principalArn}|${clusterName}`,
          attributes: { AccessEntryArn: arnOf(clusterName, principalArn) },
        };
      },
      update: (created, { logicalId, after }) => {
        const read = readProperties('AWS::EKS::AccessEntry', logicalId, EntrySchema, after);
        const entry = this.entry(read.ClusterName, read.PrincipalArn);
        if (entry !== undefined) this.#remove(entry);
        add(read);
        return created;
      },
      remove: ({ ref }) => {
        const [principalArn = '', clusterName = ''] = ref.split('|');
        const entry = this.entry(clusterName, principalArn);
        if (entry !== undefined) this.#remove(entry);
      },
    };
  }
}

type EntryInput = Partial<CreateAccessEntryCommandInput>;
type PolicyInput = Partial<AssociateAccessPolicyCommandInput>;

/** The part after an ARN's last slash. */
function nameOf(arn: string): string {
  return arn.split('/').at(-1) ?? '';
}
