import { type Diagnosis, joinDiagnoses } from '../../domain/findings.ts';
import { checkPool, poolCodes, type Standard } from './check-pool.ts';
import { checkRuntimeClasses, runtimeClassCodes } from './check-runtime-classes.ts';
import { readFiles } from './read-files.ts';
import { awsOutputPools, type FoundDocument, isAwsOutput } from './templates/aws-output.ts';
import { cloudFormationPools, isCloudFormation } from './templates/cloudformation.ts';
import { eksctlPools, isEksctl } from './templates/eksctl.ts';
import { type FoundObject, karpenterPool } from './templates/karpenter.ts';
import { textAt } from './templates/read.ts';
import { isAirlockPool, type PoolTemplate } from './templates/template.ts';

/**
 * Looks at the pools and RuntimeClasses in files.
 *
 * @param paths files of YAML or JSON: Karpenter, eksctl, CloudFormation, or what the AWS command line prints
 * @param parameters values of the parameters of CloudFormation templates
 */
export function examineFiles(
  paths: readonly string[],
  parameters: ReadonlyMap<string, string>,
  standard: Standard,
): Diagnosis {
  const { documents, unread } = readFiles(paths);
  const notRead = unread.map(({ source, reason }) => ({
    codes: [...poolCodes, ...runtimeClassCodes],
    resource: source,
    reason,
  }));
  const pools = examinePools(poolsIn(documents, parameters, standard), standard);
  const none = {
    codes: poolCodes,
    resource: paths.join(', '),
    reason: 'no pool with the tag, the label or the gate of Airlock was found; accepted: files with one',
  };
  const nothing = pools.checked.length === 0 && unread.length === 0 ? [none] : [];
  return joinDiagnoses([
    pools,
    checkRuntimeClasses(objectsOf(documents, 'RuntimeClass'), standard.config.gate),
    { checked: [], findings: [], notChecked: [...notRead, ...nothing] },
  ]);
}

/** Looks at those of the pools that are Airlock's. */
export function examinePools(pools: readonly PoolTemplate[], standard: Standard): Diagnosis {
  const own = pools.filter((pool) => isAirlockPool(pool, standard.config.gate));
  return joinDiagnoses(own.map((pool) => checkPool(pool, standard)));
}

/** Karpenter's pools among some objects, each with its node class. */
export function karpenterPools(
  nodePools: readonly FoundObject[],
  nodeClasses: readonly FoundObject[],
  { config }: Standard,
) {
  const clusters = config.clusters.map(({ name }) => name);
  return nodePools.map((pool) => {
    const wanted = textAt(pool.object, 'spec', 'template', 'spec', 'nodeClassRef', 'name');
    const nodeClass = nodeClasses.find(({ object }) => textAt(object, 'metadata', 'name') === wanted);
    return karpenterPool(pool, nodeClass, clusters);
  });
}

function poolsIn(
  documents: readonly FoundDocument[],
  parameters: ReadonlyMap<string, string>,
  standard: Standard,
): readonly PoolTemplate[] {
  return [
    ...karpenterPools(objectsOf(documents, 'NodePool'), objectsOf(documents, 'EC2NodeClass'), standard),
    ...awsOutputPools(documents.filter(({ document }) => isAwsOutput(document))),
    ...documents.flatMap(({ document, source }) => {
      if (isEksctl(document)) return eksctlPools(document, source);
      return isCloudFormation(document) ? cloudFormationPools(document, source, parameters) : [];
    }),
  ];
}

function objectsOf(documents: readonly FoundDocument[], kind: string): readonly FoundObject[] {
  return documents
    .filter(({ document }) => textAt(document, 'kind') === kind)
    .map(({ document, source }) => ({ object: document, source }));
}
