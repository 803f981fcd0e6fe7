import { renderManifests } from '../kubernetes/manifests.ts';
import { manifestsAsYaml } from '../kubernetes/yaml.ts';
import { manifestOptions } from '../lib/config/manifest-options.ts';
import { loadSettings } from '../lib/config/settings.ts';

/**
 * Prints what a cluster needs, as YAML for kubectl and GitOps.
 *
 * @returns the exit status
 * @throws ConfigError if the configuration is bad
 */
export function printManifests(options: { readonly config?: string }): number {
  const { config } = loadSettings(options);
  process.stdout.write(manifestsAsYaml(renderManifests(manifestOptions(config))));
  return 0;
}
