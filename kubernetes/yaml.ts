import { stringify } from 'yaml';
import type { Manifest } from './manifests.ts';

/** Renders the manifests as one YAML stream, for kubectl and GitOps. */
export function manifestsAsYaml(manifests: readonly Manifest[]): string {
  return manifests.map((manifest) => `---\n${stringify(manifest)}`).join('');
}
