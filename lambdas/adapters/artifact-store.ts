import type { Readable } from 'node:stream';
import { HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { toBase64, toHex } from '../../domain/mirror.ts';
import { consequenceOf } from './aws-errors.ts';
import { whileSpreading } from './spread.ts';

const client = new S3Client({ maxAttempts: 5 });

/** A stream cannot be sent twice, so the SDK must not try. */
const sender = new S3Client({ maxAttempts: 1 });

/**
 * Reads the SHA-256 that S3 computed for an object when it was put, in hexadecimal digits.
 *
 * @returns undefined if there is no object, or it was put without one
 */
export async function storedChecksum(Bucket: string, Key: string): Promise<string | undefined> {
  const ask = () => client.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));
  try {
    const { ChecksumSHA256 } = await whileSpreading('s3:HeadObject', ask);
    return ChecksumSHA256 === undefined ? undefined : toHex(ChecksumSHA256);
  } catch (error) {
    if (consequenceOf('s3:HeadObject', error) === 'answer') return undefined;
    // It has no message, because an answer to HEAD has no body.
    throw new Error(`s3:HeadObject of ${Bucket}/${Key} failed: ${JSON.stringify(error)}`, { cause: error });
  }
}

/** What is put into the bucket. */
interface Upload {
  readonly bucket: string;
  readonly key: string;
  readonly body: Readable;
  readonly size: number;
  /** The SHA-256 that it must have, in hexadecimal digits. */
  readonly sha256: string;
  /** Where it comes from. */
  readonly url: string;
}

/**
 * Puts a stream into the bucket, and never holds more of it than the stream's buffers. S3 hashes what arrives and keeps
 * it only if it has the checksum.
 *
 * @returns `mismatch` if it has another one
 */
export async function storeArtifact({ bucket, key, body, size, sha256, url }: Upload): Promise<'stored' | 'mismatch'> {
  // The SDK does not notice that the body breaks off.
  const broken = new AbortController();
  body.once('error', (error) => broken.abort(error));
  const put = new PutObjectCommand({
    Bucket: bucket,
    Key: key,
    Body: body,
    ContentLength: size,
    ChecksumSHA256: toBase64(sha256),
    Metadata: { source: url },
  });
  try {
    await sender.send(put, { abortSignal: broken.signal });
    return 'stored';
  } catch (error) {
    if (consequenceOf('s3:PutObject', error) === 'answer') return 'mismatch';
    throw broken.signal.aborted ? broken.signal.reason : error;
  }
}
