import { join } from 'node:path';
import { runtimeClasses } from '../domain/kubernetes.ts';
import type { Runtime } from '../domain/node.ts';
import { manifestsAsYaml, renderManifests } from '../kubernetes/manifests.ts';
import { ConfigError, loadConfig } from '../lib/config/load.ts';

/** Where `airlock.yaml` is unless a command is told otherwise. */
export const defaultConfig = join(import.meta.dirname, '..', 'airlock.yaml');

/** Prints what a cluster needs, as YAML for kubectl and GitOps. @returns the exit code: 2 where the configuration is bad */
export function printManifests(options: { readonly config?: string }): number {
  try {
    const { runtimes, gate } = loadConfig(options.config ?? defaultConfig);
    const wanted = (Object.keys(runtimes) as Runtime[]).map((runtime) => ({
      runtime,
      handler: runtimeClasses[runtime].handler,
    }));
    process.stdout.write(manifestsAsYaml(renderManifests({ runtimes: wanted, gate })));
    return 0;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
}
