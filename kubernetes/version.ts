import { createHash } from 'node:crypto';
import type { Manifest } from './manifests.ts';

/** The version of the manifests: 16 hexadecimal digits that change with any change to them. */
export function manifestsVersion(manifests: readonly Manifest[]): string {
  return createHash('sha256').update(JSON.stringify(manifests)).digest('hex').slice(0, 16);
}
