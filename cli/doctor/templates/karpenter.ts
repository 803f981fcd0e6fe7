import { poolLabel } from '../../../domain/kubernetes.ts';
import { clusterTag, runtimeTag } from '../../../domain/tags.ts';
import { at, gatingKeys, isMetal, listAt, textAt } from './read.ts';
import type { Declared, PoolTemplate, ProfileName } from './template.ts';
import { readUserData } from './user-data.ts';

/** An object of Karpenter, with where it was found: a file or a cluster. */
export interface FoundObject {
  readonly object: unknown;
  readonly source: string;
}

/**
 * The template of a NodePool with its EC2NodeClass.
 *
 * @param nodeClass undefined if it was not found: what it declares is then unknown
 * @param clusters the names in `airlock.yaml`: Karpenter names profiles after its cluster
 */
export function karpenterPool(
  pool: FoundObject,
  nodeClass: FoundObject | undefined,
  clusters: readonly string[],
): PoolTemplate {
  const { object } = pool;
  const name = textAt(object, 'metadata', 'name') ?? '';
  const template = 'spec.template';
  const wanted = textAt(object, 'spec', 'template', 'spec', 'nodeClassRef', 'name') ?? '';
  const absent = `the EC2NodeClass ${wanted} was not found in ${pool.source}`;
  const inClass = <T>(field: string, read: (spec: unknown) => T): Declared<T> => {
    const place = `EC2NodeClass ${wanted}: spec.${field}`;
    if (nodeClass === undefined) return { field: place, unknown: absent };
    return { field: place, value: read(at(nodeClass.object, 'spec')) };
  };
  const family = textAt(nodeClass?.object, 'spec', 'amiFamily');
  // Karpenter writes the user data of every other family itself, with taints and labels.
  const isOwnUserData = nodeClass === undefined || family === 'Custom';
  const cluster = textAt(nodeClass?.object, 'spec', 'tags', clusterTag);
  return {
    resource: `NodePool ${name} in ${pool.source}`,
    kind: 'Karpenter',
    name,
    cluster,
    tag: inClass('tags', (spec) => textAt(spec, 'tags', runtimeTag)),
    declaredTaints: {
      field: `${template}.spec.startupTaints`,
      value: gatingKeys(listAt(object, 'spec', 'template', 'spec', 'startupTaints')),
    },
    ...(isOwnUserData
      ? { taintsAtBirth: inClass('userData', (spec) => readUserData(textAt(spec, 'userData') ?? '').taints) }
      : {}),
    label: {
      field: `${template}.metadata.labels`,
      value: textAt(object, 'spec', 'template', 'metadata', 'labels', poolLabel),
    },
    hopLimit: inClass('metadataOptions.httpPutResponseHopLimit', (spec) =>
      // The API server fills in 1 if the field is absent.
      Number(textAt(spec, 'metadataOptions', 'httpPutResponseHopLimit') ?? 1),
    ),
    profiles: inClass('instanceProfile', (spec) => profilesOf(spec, cluster === undefined ? clusters : [cluster])),
    nestedVirtualization: inClass(
      'cpuOptions.nestedVirtualization',
      (spec) => textAt(spec, 'cpuOptions', 'nestedVirtualization') === 'enabled',
    ),
    isBareMetal: requiresMetal(listAt(object, 'spec', 'template', 'spec', 'requirements')),
  };
}

/** Karpenter makes a profile `<cluster>_<number>` for a role. Source: Karpenter, EC2NodeClass, spec.role. */
function profilesOf(spec: unknown, clusters: readonly string[]): readonly ProfileName[] {
  const name = textAt(spec, 'instanceProfile');
  if (name !== undefined) return [{ name }];
  return textAt(spec, 'role') === undefined ? [] : clusters.map((cluster) => ({ prefix: `${cluster}_` }));
}

function requiresMetal(requirements: readonly unknown[]): boolean {
  return requirements.some((one) => {
    const values = listAt(one, 'values').map(String);
    const isSize = /\/(instance-size|instance-type)$/.test(textAt(one, 'key') ?? '');
    return isSize && textAt(one, 'operator') === 'In' && values.length > 0 && values.every(isMetal);
  });
}
