import { S3Client } from '@aws-sdk/client-s3';
import { listMirroredFiles, type MirroredFile } from '../../domain/mirrored-files.ts';
import { loadSettings } from '../../lib/config/settings.ts';
import { type ExitCode, exitCodes } from '../output/exit-codes.ts';
import { printJson } from '../output/json.ts';
import { deployedResources, resourceLike } from '../verify-aws/stack.ts';
import { stateOf, verifyFile } from './examine.ts';
import { printArtifacts } from './print.ts';
import { type ArtifactOptions, type ArtifactsReport, ArtifactsSchema, type ListedArtifact } from './schema.ts';
import { type ArtifactSource, bucketSource, upstreamSource } from './store.ts';

/** `airlock artifacts`: the files that nodes install, and where they get them. */
export function listArtifacts(options: ArtifactOptions): Promise<ExitCode> {
  return report(options, stateOf);
}

/**
 * `airlock artifacts verify`: reads each file from where nodes get it. One at a time, since each may have a gigabyte.
 */
export function verifyArtifacts(options: ArtifactOptions): Promise<ExitCode> {
  return report(options, verifyFile);
}

type Examine = (file: MirroredFile, source: ArtifactSource) => Promise<ListedArtifact>;

async function report({ config: path, json }: ArtifactOptions, examine: Examine): Promise<ExitCode> {
  const { config, catalogue, versions } = loadSettings({ config: path });
  const from = config.artifacts;
  const bucket = from === 'mirror' ? mirrorBucket(await deployedResources()) : '';
  const source = from === 'mirror' ? bucketSource(new S3Client(), bucket) : upstreamSource;
  const files: ListedArtifact[] = [];
  for (const file of listMirroredFiles(catalogue, versions)) files.push(await examine(file, source));
  const artifacts: ArtifactsReport = { version: 1, from, bucket, files };
  if (json) printJson(ArtifactsSchema, artifacts);
  else printArtifacts(artifacts);
  return exitCodeOf(files);
}

/** The mirror's bucket in the deployed stack. @throws Error if there is none */
export function mirrorBucket(resources: Awaited<ReturnType<typeof deployedResources>>): string {
  return resourceLike(resources, 'AWS::S3::Bucket', 'Mirror').physicalId;
}

/** What could not be looked at never counts as fine. */
export function exitCodeOf(files: readonly Pick<ListedArtifact, 'state'>[]): ExitCode {
  if (files.some(({ state }) => state === 'unknown')) return exitCodes.couldNotLook;
  return files.some(({ state }) => state === 'wrong') ? exitCodes.findings : exitCodes.fine;
}
