import { poolLabel } from '../../kubernetes.ts';
import { clusterTag, runtimeTag } from '../../tags.ts';
import { at, gatingKeys, isMetal, listAt, textAt } from './read.ts';
import type { Declared, Machines, PoolTemplate, ProfileName } from './template.ts';
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
  const requirements = listAt(object, 'spec', 'template', 'spec', 'requirements');
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
    role: textAt(nodeClass?.object, 'spec', 'role'),
    machines: { field: `${template}.spec.requirements`, value: machinesOf(requirements) },
    images: inClass('amiSelectorTerms', () => imagesOf(nodeClass?.object)),
    isBareMetal: requiresMetal(requirements),
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

function machinesOf(requirements: readonly unknown[]): Machines {
  const valuesOf = (key: RegExp) =>
    requirements
      .filter((one) => key.test(textAt(one, 'key') ?? '') && textAt(one, 'operator') === 'In')
      .flatMap((one) => listAt(one, 'values').map(String));
  return { types: valuesOf(/\/instance-type$/), families: valuesOf(/\/instance-family$/) };
}

/** The images that Karpenter found, or how the class selects them. A family other than Custom identifies them too. */
function imagesOf(nodeClass: unknown): readonly string[] {
  const found = listAt(nodeClass, 'status', 'amis').flatMap((one) => textAt(one, 'name') ?? []);
  if (found.length > 0) return found;
  const terms = listAt(nodeClass, 'spec', 'amiSelectorTerms');
  const selected = terms.flatMap((one) => {
    return textAt(one, 'name') ?? textAt(one, 'ssmParameter') ?? textAt(one, 'alias') ?? textAt(one, 'id') ?? [];
  });
  const family = textAt(nodeClass, 'spec', 'amiFamily');
  return family === undefined || family === 'Custom' ? selected : [family];
}
