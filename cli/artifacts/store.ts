import type { Readable } from 'node:stream';
import { GetObjectCommand, HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { mirrorKey, toHex } from '../../domain/mirror.ts';
import type { MirroredFile, StoredFile } from '../../domain/mirrored-files.ts';
import { openDownload } from '../../lambdas/adapters/download.ts';

/** Where nodes get files. Each call throws if it could not look. */
export interface ArtifactSource {
  /** What is stated about a file without reading it; undefined if it is not there. */
  state?(file: MirroredFile): Promise<StoredFile | undefined>;
  /** The file; undefined if it is not there. */
  read(file: MirroredFile): Promise<Readable | undefined>;
}

/** The mirror's bucket. */
export function bucketSource(client: S3Client, Bucket: string): ArtifactSource {
  return {
    async state({ sha256 }) {
      const ask = new HeadObjectCommand({ Bucket, Key: mirrorKey(sha256), ChecksumMode: 'ENABLED' });
      const found = await unlessMissing(client.send(ask));
      if (found === undefined) return undefined;
      return {
        sha256: found.ChecksumSHA256 === undefined ? undefined : toHex(found.ChecksumSHA256),
        size: found.ContentLength ?? 0,
        storedAt: found.LastModified?.toISOString() ?? '',
      };
    },
    async read({ sha256 }) {
      const found = await unlessMissing(client.send(new GetObjectCommand({ Bucket, Key: mirrorKey(sha256) })));
      return found?.Body as Readable | undefined;
    },
  };
}

/** Upstream's sites. */
export const upstreamSource: ArtifactSource = {
  async read({ url }) {
    const { status, body } = await openDownload(url);
    if (status === 200) return body;
    body.destroy();
    if (status === 404 || status === 410) return undefined;
    throw new Error(`it answers ${status}`);
  },
};

/** S3 answers so only to a caller who may list the bucket; to others, a missing object is a denial. */
async function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
    if (name === 'NotFound' || name === 'NoSuchKey') return undefined;
    if (name === 'Unknown') throw new Error(`S3 answers ${$metadata?.httpStatusCode}`, { cause: error });
    throw error;
  }
}
