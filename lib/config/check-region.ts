import { ConfigError } from './config-error.ts';
import type { Config } from './schema.ts';

/**
 * Checks that the resources that the configuration names are of the region that is deployed to.
 *
 * @param region undefined if the CDK does not know it
 * @throws ConfigError that names the field
 */
export function checkRegion({ auditKeyArn }: Pick<Config, 'auditKeyArn'>, region: string | undefined): void {
  const of = auditKeyArn?.split(':')[3];
  if (auditKeyArn === undefined || region === undefined || of === region) return;
  throw new ConfigError(
    `airlock.yaml: auditKeyArn: is "${auditKeyArn}"; accepted: the ARN of a KMS key in ${region}, because CloudWatch Logs uses keys of the same region only`,
  );
}
