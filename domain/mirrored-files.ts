import { type Architecture, architectures } from './architectures.ts';
import { type Artifact, type Catalogue, versionOf } from './catalogue.ts';
import type { Runtime } from './runtimes.ts';
import { acceptedVersions, type Versions } from './tags.ts';

/** A file that the mirror keeps. */
export interface MirroredFile extends Artifact {
  readonly runtime: Runtime;
  readonly version: string;
  readonly architecture: Architecture;
}

/**
 * The files of every version that a launch may get, for both architectures: what admission accepts is what the mirror
 * holds.
 */
export function listMirroredFiles(catalogue: Catalogue, versions: Versions): readonly MirroredFile[] {
  return Object.entries(versions).flatMap(([name, configured]) => {
    const runtime = name as Runtime;
    return acceptedVersions(configured).flatMap((version) => {
      const { artifacts = {} } = versionOf(catalogue, runtime, version) ?? {};
      return architectures.flatMap((architecture) => {
        const artifact = artifacts[architecture];
        return artifact === undefined ? [] : [{ runtime, version, architecture, ...artifact }];
      });
    });
  });
}

/** What people call a file. */
export function describeFile({ runtime, version, architecture }: Omit<MirroredFile, keyof Artifact>): string {
  return `${runtime} ${version} for ${architecture}`;
}

/** What S3 states about an object. */
export interface StoredFile {
  /** In hexadecimal digits; undefined if it was put without one. */
  readonly sha256: string | undefined;
  /** In bytes. */
  readonly size: number;
  /** ISO 8601. */
  readonly storedAt: string;
}

/** Says why nodes cannot install from what the mirror has; undefined if they can, as far as S3 states it. */
export function fileFault(file: MirroredFile, stored: StoredFile | undefined): string | undefined {
  if (stored === undefined) return 'it is not in the mirror';
  const { sha256, size } = stored;
  if (file.size !== undefined && file.size !== size) return `it has ${size} bytes; the catalogue pins ${file.size}`;
  if (sha256 === undefined) return 'S3 states no SHA-256 of it, so the deployment did not store it';
  return sha256 === file.sha256 ? undefined : `it has sha256 ${sha256}; the catalogue pins ${file.sha256}`;
}
