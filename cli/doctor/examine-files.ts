import { poolCodes } from '../../domain/doctor/check-pool.ts';
import { checkRuntimeClasses, runtimeClassCodes } from '../../domain/doctor/check-runtime-classes.ts';
import { examinePools, karpenterPools } from '../../domain/doctor/pools.ts';
import type { Standard } from '../../domain/doctor/standard.ts';
import { awsOutputPools, type FoundDocument, isAwsOutput } from '../../domain/doctor/templates/aws-output.ts';
import { cloudFormationPools, isCloudFormation } from '../../domain/doctor/templates/cloudformation.ts';
import { eksctlPools, isEksctl } from '../../domain/doctor/templates/eksctl.ts';
import type { FoundObject } from '../../domain/doctor/templates/karpenter.ts';
import { listAt, textAt } from '../../domain/doctor/templates/read.ts';
import { isAirlockPool, type PoolTemplate } from '../../domain/doctor/templates/template.ts';
import { type Diagnosis, joinDiagnoses } from '../../domain/findings.ts';
import { readFiles } from './read-files.ts';

/** What files have. */
export interface ExaminedFiles {
  readonly diagnosis: Diagnosis;
  readonly pools: readonly PoolTemplate[];
  /** Karpenter's objects, which could differ from those in the cluster. */
  readonly karpenter: readonly FoundObject[];
}

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
): ExaminedFiles {
  const { documents, unread } = readFiles(paths);
  const notRead = unread.map(({ source, reason }) => ({
    codes: [...poolCodes, ...runtimeClassCodes],
    resource: source,
    reason,
  }));
  const found = poolsIn(documents, parameters, standard).filter((pool) => isAirlockPool(pool, standard.gate));
  const pools = examinePools(found, standard);
  const none = {
    codes: poolCodes,
    resource: paths.join(', '),
    reason: 'no pool with the tag, the label or the gate of Airlock was found; accepted: files with one',
  };
  const nothing = pools.checked.length === 0 && unread.length === 0 ? [none] : [];
  const diagnosis = joinDiagnoses([
    pools,
    checkRuntimeClasses(objectsOf(documents, 'RuntimeClass'), standard.gate),
    { checked: [], findings: [], notChecked: [...notRead, ...nothing] },
  ]);
  return {
    diagnosis,
    pools: found,
    karpenter: [...objectsOf(documents, 'NodePool'), ...objectsOf(documents, 'EC2NodeClass')],
  };
}

function poolsIn(
  documents: readonly FoundDocument[],
  parameters: ReadonlyMap<string, string>,
  standard: Standard,
): readonly PoolTemplate[] {
  const images = documents.flatMap(({ document }) => listAt(document, 'Images'));
  const imageNames = new Map(images.map((one) => [textAt(one, 'ImageId') ?? '', textAt(one, 'Name') ?? '']));
  return [
    ...karpenterPools(objectsOf(documents, 'NodePool'), objectsOf(documents, 'EC2NodeClass'), standard),
    ...awsOutputPools(documents.filter(({ document }) => isAwsOutput(document))),
    ...documents.flatMap(({ document, source }) => {
      if (isEksctl(document)) return eksctlPools(document, source);
      return isCloudFormation(document) ? cloudFormationPools(document, source, parameters, imageNames) : [];
    }),
  ];
}

function objectsOf(documents: readonly FoundDocument[], kind: string): readonly FoundObject[] {
  return documents
    .filter(({ document }) => textAt(document, 'kind') === kind)
    .map(({ document, source }) => ({ object: document, source }));
}
