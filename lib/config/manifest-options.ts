import type { Runtime } from '../../domain/node.ts';
import type { ManifestOptions } from '../../kubernetes/manifests.ts';
import type { Config } from './schema.ts';

/** What the manifests of a cluster depend on, as `airlock.yaml` says it. */
export function manifestOptions({ runtimes, gate }: Pick<Config, 'runtimes' | 'gate'>): ManifestOptions {
  return { gate, runtimes: Object.keys(runtimes) as Runtime[] };
}
