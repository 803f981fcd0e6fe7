import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { mirrorKey } from '../../../domain/mirror.ts';
import { RealClock } from '../../../packages/local-aws/clock.ts';
import { LocalCloud } from '../../../packages/local-aws/cloud.ts';
import { type Served, serve } from '../../../packages/local-aws/server.ts';
import { S3 } from '../../../packages/local-aws/services.ts';

const bucket = 'airlock-mirror';
const content = Buffer.from('an archive');
const sha256 = createHash('sha256').update(content).digest('hex');
const key = mirrorKey(sha256);
const upload = { bucket, key, size: content.length, sha256, url: 'https://github.com/x' };

let s3: S3;
let served: Served;
let store: typeof import('../../../lambdas/adapters/artifact-store.ts');

/** The adapter over a real S3 of the local cloud. */
beforeEach(async () => {
  const cloud = await LocalCloud.open({
    clock: new RealClock(),
    parts: [
      ({ env, iam }) => {
        s3 = new S3({ env, iam });
        return { services: [s3.service] };
      },
    ],
  });
  s3.createBucket(bucket);
  served = await serve(cloud);
  for (const [name, value] of Object.entries(served.environment)) vi.stubEnv(name, value);
  vi.resetModules();
  store = await import('../../../lambdas/adapters/artifact-store.ts');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await served.close();
});

it('keeps a stream with the pinned checksum, and reads it back', async () => {
  expect(await store.storedChecksum(bucket, key)).toBeUndefined();
  expect(await store.storeArtifact({ ...upload, body: Readable.from([content]) })).toBe('stored');
  expect(await store.storedChecksum(bucket, key)).toBe(sha256);
});

it('leaves nothing of a stream with another checksum', async () => {
  expect(await store.storeArtifact({ ...upload, body: Readable.from([Buffer.from('an ARCHIVE')]) })).toBe('mismatch');
  expect(s3.bucket(bucket).isEmpty).toBe(true);
});

it("ends with the stream's own error if it breaks off", { timeout: 10_000 }, async () => {
  let isBegun = false;
  const body = new Readable({
    read() {
      if (isBegun) this.destroy(new Error('the line is dead'));
      else this.push(content.subarray(0, 3));
      isBegun = true;
    },
  });
  await expect(store.storeArtifact({ ...upload, body })).rejects.toThrow('the line is dead');
  expect(s3.bucket(bucket).isEmpty).toBe(true);
});
