import type { Runtime } from '../../domain/runtimes.ts';
import type { ManifestOptions } from '../../kubernetes/manifests.ts';
import type { Config } from './schema.ts';

type Settings = Pick<Config, 'runtimes' | 'gate' | 'sandboxImages' | 'sandboxedNamespaces'>;

/** What a cluster's manifests depend on, taken from `airlock.yaml`. */
export function manifestOptions({ runtimes, gate, sandboxImages, sandboxedNamespaces }: Settings): ManifestOptions {
  return { gate, runtimes: Object.keys(runtimes) as Runtime[], sandboxImages, sandboxedNamespaces };
}
