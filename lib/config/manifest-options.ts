import type { Runtime } from '../../domain/runtimes.ts';
import type { ManifestOptions } from '../../kubernetes/manifests.ts';
import type { Config } from './schema.ts';

type Settings = Pick<Config, 'runtimes' | 'gate' | 'sandboxImages'>;

/** What the manifests of a cluster depend on, as `airlock.yaml` says it. */
export function manifestOptions({ runtimes, gate, sandboxImages }: Settings): ManifestOptions {
  return { gate, runtimes: Object.keys(runtimes) as Runtime[], sandboxImages };
}
