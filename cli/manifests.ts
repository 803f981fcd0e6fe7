import { renderManifests } from '../kubernetes/manifests.ts';
import { manifestsAsYaml } from '../kubernetes/yaml.ts';
import { manifestOptions } from '../lib/config/manifest-options.ts';
import { loadSettings } from '../lib/config/settings.ts';
import { ManifestListSchema } from './manifests-report.ts';
import { type ExitCode, exitCodes } from './output/exit-codes.ts';
import { printJson } from './output/json.ts';

/**
 * Prints what a cluster needs, as YAML for kubectl and GitOps, or as a List in JSON.
 *
 * @throws ConfigError if the configuration is rejected
 */
export function printManifests(options: { readonly config?: string; readonly json: boolean }): ExitCode {
  const { config } = loadSettings(options);
  const manifests = renderManifests(manifestOptions(config));
  if (options.json)
    printJson(ManifestListSchema, { apiVersion: 'v1', kind: 'List', items: manifests.map((one) => ({ ...one })) });
  else process.stdout.write(manifestsAsYaml(manifests));
  return exitCodes.fine;
}
