import { Annotations, CfnWaitConditionHandle } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { advisoryMark } from '../domain/advisories.ts';
import type { Catalogue } from '../domain/catalogue.ts';
import type { Runtime } from '../domain/runtimes.ts';
import type { Settings } from './config/settings.ts';
import { advisoryWarnings } from './config/versions.ts';

/**
 * Marks each advisory of the catalogue in the stack, so that CloudFormation itself has since when the stack knows it. A
 * handle costs nothing, does nothing and has no property: CloudFormation never updates one, so the time that it states
 * is that of the first deployment with the advisory.
 */
export class KnownAdvisories extends Construct {
  /** @param runtimes those that nodes may request */
  constructor(scope: Construct, id: string, { runtimes }: Catalogue, wanted: readonly Runtime[]) {
    super(scope, id);
    const ids = wanted.flatMap((runtime) => (runtimes[runtime]?.advisories ?? []).map((advisory) => advisory.id));
    for (const advisory of new Set(ids))
      new CfnWaitConditionHandle(this, advisory).overrideLogicalId(advisoryMark(advisory));
  }
}

/** Marks the advisories of the catalogue in the stack, and warns of those that affect a default version. */
export function addAdvisories(scope: Construct, { config, catalogue, versions }: Settings): void {
  new KnownAdvisories(scope, 'Advisories', catalogue, Object.keys(config.runtimes) as Runtime[]);
  for (const [id, warning] of Object.entries(advisoryWarnings(versions, config, catalogue)))
    Annotations.of(scope).addWarningV2(id, warning);
}
