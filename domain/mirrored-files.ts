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

/** The files of every version that a launch may get, for both architectures: what admission accepts is what the mirror holds. */
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
