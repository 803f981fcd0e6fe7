import { join } from 'node:path';
import { manifestsAsYaml, renderManifests } from '../kubernetes/manifests.ts';
import { ConfigError, loadConfig } from '../lib/config/load.ts';
import { manifestOptions } from '../lib/config/manifest-options.ts';

/** Where `airlock.yaml` is unless a command is told otherwise. */
export const defaultConfig = join(import.meta.dirname, '..', 'airlock.yaml');

/** Prints what a cluster needs, as YAML for kubectl and GitOps. @returns the exit code: 2 where the configuration is bad */
export function printManifests(options: { readonly config?: string }): number {
  try {
    const config = loadConfig(options.config ?? defaultConfig);
    process.stdout.write(manifestsAsYaml(renderManifests(manifestOptions(config))));
    return 0;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
}
