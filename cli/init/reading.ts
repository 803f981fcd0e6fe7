import { groupOf, type Tags } from '../../domain/tags.ts';
import type { PoolKind } from './snippets.ts';

/** An instance that belongs to a cluster. */
export interface FoundInstance {
  readonly cluster: string | undefined;
  readonly profileArn: string | undefined;
  readonly tags: Tags;
}

/** What was found about a cluster. What could not be read is undefined. */
export interface FoundCluster {
  readonly name: string;
  readonly private?: boolean | undefined;
  readonly endpoint?: string | undefined;
  readonly certificateAuthority?: string | undefined;
  /** The version of Kubernetes, for instance `1.34`. */
  readonly kubernetes?: string | undefined;
  /** The instance profiles of its nodes, as `airlock.yaml` names them. */
  readonly instanceProfiles: readonly string[];
  /** What launches its nodes. */
  readonly kinds: readonly PoolKind[];
}

/** What was read of the account and region. */
export interface AccountReading {
  readonly region: string | undefined;
  readonly clusters: readonly FoundCluster[];
  readonly notRead: readonly { readonly resource: string; readonly reason: string }[];
}

/** What a cluster's instances show: their profiles, and what launched them. */
export function findingsOfInstances(
  cluster: string,
  instances: readonly FoundInstance[],
): Pick<FoundCluster, 'instanceProfiles' | 'kinds'> {
  const own = instances.filter((instance) => instance.cluster === cluster);
  const profiles = own.flatMap(({ profileArn }) =>
    profileArn === undefined ? [] : [profileForm(profileArn, cluster)],
  );
  return {
    instanceProfiles: [...new Set(profiles)].toSorted(),
    kinds: [...new Set(own.flatMap(({ tags }) => kindOf(tags) ?? []))].toSorted(),
  };
}

/**
 * An instance profile as `airlock.yaml` names it. The end of a name that Karpenter, EKS or CloudFormation generates
 * becomes `*`.
 *
 * @param arn as EC2 shows it
 */
export function profileForm(arn: string, cluster: string): string {
  const name = arn.slice(arn.lastIndexOf('/') + 1);
  if (name.startsWith(`${cluster}_`) && /^\d+$/.test(name.slice(cluster.length + 1))) return `${cluster}_*`;
  // Source: EKS names the profile of a managed node group eks- and the id of the group.
  if (/^eks-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(name)) return 'eks-*';
  // CloudFormation, and so eksctl, ends the names of its resources with twelve characters.
  return name.replace(/-[A-Z0-9a-z]{12}$/, (end) => (/[0-9A-Z]/.test(end) ? '-*' : end));
}

function kindOf(tags: Tags): PoolKind | undefined {
  if (tags['karpenter.sh/nodepool'] !== undefined) return 'karpenter';
  if (tags['alpha.eksctl.io/nodegroup-name'] !== undefined) return 'eksctl';
  if (tags['eks:nodegroup-name'] !== undefined) return 'managed-node-group';
  return groupOf(tags) === undefined ? undefined : 'auto-scaling-group';
}
