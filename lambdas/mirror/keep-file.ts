import { createHash } from 'node:crypto';
import { pipeline, Transform } from 'node:stream';
import { mirrorKey } from '../../domain/mirror.ts';
import type { Download } from '../adapters/download.ts';
import type { Time } from '../adapters/time.ts';
import { decideDownload } from './decide.ts';

/** A pinned file, and what people call it. */
export interface PinnedFile {
  readonly name: string;
  readonly url: string;
  /** In hexadecimal digits. */
  readonly sha256: string;
  /** In bytes, if the catalogue pins it. */
  readonly size: number | undefined;
}

/** What is outside. */
export interface Keeping {
  storedChecksum(key: string): Promise<string | undefined>;
  open(url: string): Promise<Download>;
  store(upload: {
    readonly key: string;
    readonly body: Transform;
    readonly size: number;
    readonly sha256: string;
    readonly url: string;
  }): Promise<'stored' | 'mismatch'>;
  readonly time: Pick<Time, 'sleep'>;
}

const tries = 3;
const pauseMs = 2_000;

/**
 * Keeps a file in the mirror, unless it is there already.
 *
 * @throws Error that names the file, its address, what is expected and what was seen
 */
export async function keepFile(file: PinnedFile, keeping: Keeping): Promise<'kept' | 'stored'> {
  if ((await keeping.storedChecksum(mirrorKey(file.sha256))) === file.sha256) return 'kept';
  for (let attempt = 1; ; attempt++) {
    const refusal = await copy(file, keeping);
    if (refusal === undefined) return 'stored';
    if (refusal.isFinal || attempt === tries)
      throw new Error(`${file.name} is not in the mirror: ${file.url}: ${refusal.reason}`);
    await keeping.time.sleep(pauseMs * attempt);
  }
}

/** @returns why the file was not stored; undefined if it was */
async function copy(
  { url, sha256, size: pinned }: PinnedFile,
  { open, store }: Keeping,
): Promise<{ readonly reason: string; readonly isFinal: boolean } | undefined> {
  const download = await open(url).catch((error: Error) => error);
  if (download instanceof Error) return { reason: download.message, isFinal: false };
  const decided = decideDownload(download, pinned);
  if (decided.step !== 'store') {
    download.body.destroy();
    return { reason: decided.reason, isFinal: decided.step === 'refuse' };
  }
  const hash = createHash('sha256');
  const body = new Transform({
    transform: (chunk: Buffer, _, done) => {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  let broken: Error | undefined;
  pipeline(download.body, body, (error) => {
    broken = error ?? undefined;
  });
  try {
    const stored = await store({ key: mirrorKey(sha256), body, size: decided.size, sha256, url });
    if (stored === 'stored') return undefined;
    const reason = `the catalogue pins sha256 ${sha256}, and what came has ${hash.digest('hex')}`;
    return { reason, isFinal: true };
  } catch (error) {
    // Only the download's own failure passes; one of S3 is for the deployment to show as it is.
    if (broken === undefined) throw error;
    return { reason: `the download broke off: ${broken.message}`, isFinal: false };
  }
}
