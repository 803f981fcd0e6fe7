import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { decideDownload } from '../../../lambdas/mirror/decide.ts';
import { type Keeping, keepFile } from '../../../lambdas/mirror/keep-file.ts';

const content = Buffer.from('an archive');
const sha256 = createHash('sha256').update(content).digest('hex');
const url = 'https://github.com/google/gvisor/releases/download/x.tar.zstd';
const file = { name: 'gvisor 20260928.0 for x86_64', url, sha256, size: content.length };

/** A bucket that hashes what arrives, as S3 does, behind sites that give these answers one after the other. */
function outside(...answers: readonly (Error | { status?: number; size?: number | undefined; body?: Readable })[]) {
  const objects = new Map<string, string>();
  const pauses: number[] = [];
  let asked = 0;
  const keeping: Keeping = {
    storedChecksum: async (key) => objects.get(key),
    async open() {
      const answer = answers[asked++] ?? {};
      if (answer instanceof Error) throw answer;
      return { status: 200, size: content.length, body: Readable.from([content]), ...answer };
    },
    async store({ key, body, sha256: wanted }) {
      const seen = createHash('sha256')
        .update(await buffer(body))
        .digest('hex');
      if (seen !== wanted) return 'mismatch';
      objects.set(key, seen);
      return 'stored';
    },
    time: { sleep: async (ms) => void pauses.push(ms) },
  };
  return { keeping, objects, pauses, asked: () => asked };
}

/** A body that breaks off after its first bytes. */
function broken(): Readable {
  let isBegun = false;
  return new Readable({
    read() {
      if (isBegun) this.destroy(new Error('aborted'));
      else this.push(content.subarray(0, 4));
      isBegun = true;
    },
  });
}

describe('a pinned file', () => {
  it('is stored under its checksum, once', async () => {
    const { keeping, objects, asked } = outside();

    expect(await keepFile(file, keeping)).toBe('stored');
    expect([...objects]).toEqual([[`sha256/${sha256}`, sha256]]);
    expect(await keepFile(file, keeping)).toBe('kept');
    expect(asked()).toBe(1);
  });

  it('is fetched again if the object under its key has another checksum', async () => {
    const { keeping, objects } = outside();
    objects.set(`sha256/${sha256}`, 'f'.repeat(64));

    expect(await keepFile(file, keeping)).toBe('stored');
    expect(objects.get(`sha256/${sha256}`)).toBe(sha256);
  });

  it.each([
    ['that does not answer', new Error('connect ETIMEDOUT')],
    ['that is out of order', { status: 503, size: 0 }],
    ['whose answer breaks off', { body: broken() }],
  ])('from a site %s is asked for again', async (_, answer) => {
    const { keeping, pauses } = outside(answer);

    expect(await keepFile(file, keeping)).toBe('stored');
    expect(pauses).toEqual([2_000]);
  });

  it.each([
    [
      'another content',
      { body: Readable.from([Buffer.from('an ARCHIVE')]) },
      `the catalogue pins sha256 ${sha256}, and what came has ${createHash('sha256').update('an ARCHIVE').digest('hex')}`,
    ],
    ['another length', { size: 11 }, 'the catalogue pins 10 bytes, and it has 11'],
    ['no such file', { status: 404 }, 'it answers 404'],
  ])('with %s fails at once, and the message has all that is known', async (_, answer, reason) => {
    const { keeping, objects, asked } = outside(answer);

    await expect(keepFile(file, keeping)).rejects.toThrow(`${file.name} is not in the mirror: ${url}: ${reason}`);
    expect(asked()).toBe(1);
    expect(objects.size).toBe(0);
  });

  it('fails after three tries with the last reason', async () => {
    const { keeping, asked } = outside(new Error('a'), { status: 500 }, { body: broken() });

    await expect(keepFile(file, keeping)).rejects.toThrow(/the download broke off: aborted$/);
    expect(asked()).toBe(3);
  });

  it("fails with the bucket's own error, which no other try would change", async () => {
    const { keeping, asked } = outside();
    const denied = { ...keeping, store: () => Promise.reject(new Error('not authorized to perform: s3:PutObject')) };

    await expect(keepFile(file, denied)).rejects.toThrow('s3:PutObject');
    expect(asked()).toBe(1);
  });
});

describe('an answer of a site', () => {
  it('is read only if it states a length that S3 takes', () => {
    expect(decideDownload({ status: 200, size: 7 }, undefined)).toEqual({ step: 'store', size: 7 });
    expect(decideDownload({ status: 200, size: undefined }, 7)).toMatchObject({ step: 'refuse' });
    expect(decideDownload({ status: 200, size: 5 * 1_024 ** 3 + 1 }, undefined)).toMatchObject({ step: 'refuse' });
  });

  it.each([408, 429, 500, 503])('%d passes', (status) => {
    expect(decideDownload({ status, size: 0 }, undefined).step).toBe('retry');
  });
});
