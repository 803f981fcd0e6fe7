import type { Runtime } from '../../domain/runtimes.ts';
import { renderManifests } from '../../kubernetes/manifests.ts';
import { manifestsVersion } from '../../kubernetes/version.ts';
import type { LocalCloud } from '../../packages/local-aws/cloud.ts';

/**
 * Updates the stack to other runtimes, limited to the preparation of its cluster: the function first, then the resource
 * that it answers for. If that fails, the function is restored before the resource is.
 */
export async function redeploy(cloud: LocalCloud, runtimes: readonly Runtime[]): Promise<Record<string, unknown>> {
  const name = cloud.resource('Manifests/Prepare/Function/Resource').ref;
  const { environment } = cloud.lambda.function(name).settings;
  const options = { ...JSON.parse(environment['MANIFESTS'] ?? ''), runtimes };
  cloud.lambda.update(name, { environment: { ...environment, MANIFESTS: JSON.stringify(options) } });
  const Version = manifestsVersion(renderManifests(options));
  return await cloud.update('Manifests/Applied/Default', { Version }, () => cloud.lambda.update(name, { environment }));
}
