import { createHash } from 'node:crypto';
import type { Manifest } from './manifests.ts';

/** The version of what a cluster gets: 16 hexadecimal digits that differ as soon as one letter of the manifests does. */
export function manifestsVersion(manifests: readonly Manifest[]): string {
  return createHash('sha256').update(JSON.stringify(manifests)).digest('hex').slice(0, 16);
}
