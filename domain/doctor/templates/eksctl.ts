import { poolLabel } from '../../kubernetes.ts';
import { runtimeTag } from '../../tags.ts';
import { at, gatingKeys, isMetal, listAt, textAt } from './read.ts';
import type { Declared, PoolTemplate, ProfileName } from './template.ts';
import { readUserData } from './user-data.ts';

/** Whether a document is eksctl's ClusterConfig. */
export function isEksctl(document: unknown): boolean {
  return (
    textAt(document, 'kind') === 'ClusterConfig' && textAt(document, 'apiVersion')?.startsWith('eksctl.io/') === true
  );
}

/**
 * The node groups of eksctl's ClusterConfig. eksctl puts a group's tags on its instances, and its taints and labels on
 * their kubelets.
 */
export function eksctlPools(config: unknown, source: string): readonly PoolTemplate[] {
  const cluster = textAt(config, 'metadata', 'name');
  return ['managedNodeGroups', 'nodeGroups'].flatMap((list) =>
    listAt(config, list).map((group) => poolOf(group, { list, cluster, source })),
  );
}

function poolOf(
  group: unknown,
  { list, cluster, source }: { list: string; cluster: string | undefined; source: string },
): PoolTemplate {
  const isManaged = list === 'managedNodeGroups';
  const name = textAt(group, 'name');
  const field = (path: string) => `${list}.${name ?? ''}.${path}`;
  const bootstrap = textAt(group, 'overrideBootstrapCommand');
  const own = bootstrap === undefined ? undefined : readUserData(bootstrap);
  const types = [textAt(group, 'instanceType'), ...listAt(group, 'instanceTypes').map(String)].filter(
    (type) => type !== undefined,
  );
  // With a launch template of your own, eksctl leaves all of this to it.
  const template = textAt(group, 'launchTemplate', 'id');
  const unlessTemplate = <T>(path: string, value: T): Declared<T> =>
    template === undefined
      ? { field: field(path), value }
      : { field: field('launchTemplate'), unknown: `eksctl leaves it to the launch template ${template}` };
  return {
    resource: `node group ${name ?? ''} in ${source}`,
    kind: isManaged ? 'managed node group' : 'Auto Scaling group',
    name,
    cluster,
    tag: unlessTemplate('tags', textAt(group, 'tags', runtimeTag)),
    declaredTaints: { field: field('taints'), value: taintsOf(at(group, 'taints')) },
    ...(own === undefined
      ? {}
      : {
          taintsAtBirth: { field: field('overrideBootstrapCommand'), value: own.taints },
          labelAtBirth: { field: field('overrideBootstrapCommand'), value: own.label },
        }),
    label: { field: field('labels'), value: textAt(group, 'labels', poolLabel) },
    // Source: eksctl, pkg/cfn/builder/nodegroup.go, makeMetadataOptions: 1 with disablePodIMDS, and 2 without.
    hopLimit: unlessTemplate('disablePodIMDS', textAt(group, 'disablePodIMDS') === 'true' ? 1 : 2),
    profiles: { field: field('iam.instanceProfileARN'), value: profilesOf(group, isManaged, cluster) },
    nestedVirtualization: unlessTemplate('launchTemplate', false),
    machines: unlessTemplate(textAt(group, 'instanceType') === undefined ? 'instanceTypes' : 'instanceType', {
      types,
      families: [],
    }),
    // Source: eksctl, "Node groups", amiFamily: AmazonLinux2023 unless the file names another.
    images: unlessTemplate('amiFamily', [textAt(group, 'amiFamily') ?? 'AmazonLinux2023']),
    hooks: { field: field('asgHooks'), unknown: 'eksctl has no field for launch hooks that this command reads' },
    isBareMetal: types.length > 0 && types.every(isMetal),
  };
}

/** A list of taints, or the older form: `<key>: <value>:<effect>`. */
function taintsOf(taints: unknown): readonly string[] {
  if (Array.isArray(taints)) return gatingKeys(taints);
  const entries = Object.entries(Object(taints)).map(([key, value]) => ({
    key,
    effect: String(value).split(':').at(-1),
  }));
  return gatingKeys(entries);
}

function profilesOf(group: unknown, isManaged: boolean, cluster: string | undefined): readonly ProfileName[] {
  if (isManaged) return [{ prefix: 'eks-' }];
  const arn = textAt(group, 'iam', 'instanceProfileARN');
  return [arn === undefined ? { prefix: `eksctl-${cluster ?? ''}-nodegroup-` } : { arn }];
}
