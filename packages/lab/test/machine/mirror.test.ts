import { createHash } from 'node:crypto';
import { type IncomingMessage, type RequestOptions, request } from 'node:http';
import { request as secure } from 'node:https';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { catalogue, shipped } from '../../../../test/ssm-documents/node.ts';
import { buildArtifact } from '../../machine/artifact.ts';
import { faultHeader, type Mirror, startMirror } from '../../machine/mirror.ts';

const path = '/google/gvisor/releases/download/release-20260928.0/gvisor-x86_64.tar.zstd';
let mirror: Mirror;

beforeAll(async () => {
  mirror = await startMirror();
});
afterAll(() => mirror.close());

interface Answer {
  readonly status: number | undefined;
  readonly body: Buffer;
}

function get(of: string, headers: Record<string, string> = {}, host = 'github.com'): Promise<Answer> {
  const options: RequestOptions = { host: '127.0.0.1', port: mirror.port, path: of, headers: { host, ...headers } };
  return new Promise((resolve, reject) => {
    const read = (response: IncomingMessage) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode, body: Buffer.concat(chunks) }));
      response.on('error', reject);
    };
    secure({ ...options, ca: mirror.authority, servername: host }, read)
      .on('error', reject)
      .end();
  });
}

describe('the mirror', () => {
  it("serves a version under upstream's names, at both places, with the checksum of the local catalogue", async () => {
    const artifact = catalogue.runtimes.gvisor?.versions.find(({ version: release }) => release === '20260928.0')
      ?.artifacts.x86_64;
    const inBucket = '/gvisor/releases/release/20260928.0/x86_64/gvisor.tar.zstd';
    const bucket = await get(inBucket, {}, 'storage.googleapis.com');
    const github = await get(path);

    expect(github.status).toBe(200);
    expect(bucket.body).toEqual(github.body);
    expect(createHash('sha256').update(github.body).digest('hex')).toBe(artifact?.sha256);
    expect(github.body.length).toBe(artifact?.size);
    expect(artifact?.url).toBe(`https://storage.googleapis.com${inBucket}`);
  });

  it('is not trusted without its own authority', async () => {
    await expect(
      new Promise((resolve, reject) => {
        secure({ host: '127.0.0.1', port: mirror.port, path, servername: 'github.com' }, resolve)
          .on('error', reject)
          .end();
      }),
    ).rejects.toThrow(/certificate/);
    await expect(
      new Promise((resolve, reject) => {
        request({ host: '127.0.0.1', port: mirror.port, path }, resolve).on('error', reject).end();
      }),
    ).rejects.toThrow();
  });

  it('continues an interrupted download', async () => {
    const whole = buildArtifact('20260928.0', 'x86_64', 'zstd');

    const part = await get(path, { range: 'bytes=100-' });
    const none = await get(path, { range: `bytes=${whole.length}-` });

    expect(part).toEqual({ status: 206, body: whole.subarray(100) });
    expect(none.status).toBe(416);
  });

  it('counts the requests of each path', async () => {
    await get('/counted');
    await get('/counted');

    expect(mirror.requests.get('/counted')).toBe(2);
  });

  it('has nothing else', async () => {
    expect((await get('/google/gvisor/releases/download/release-20260928.0/runsc')).status).toBe(404);
  });
});

describe('a fault of the mirror', () => {
  beforeEach(async () => {
    await get('/');
  });

  it('happens as many times as it was planted', async () => {
    mirror.plant('server-error', 2);

    expect((await get(path)).status).toBe(500);
    expect((await get(path)).status).toBe(500);
    expect((await get(path)).status).toBe(200);
  });

  it('happens once for each machine that requests it', async () => {
    const headers = (machine: string) => ({ [faultHeader]: `not-found once ${machine}` });

    expect((await get(path, headers('a'))).status).toBe(404);
    expect((await get(path, headers('a'))).status).toBe(200);
    expect((await get(path, headers('b'))).status).toBe(404);
  });

  it('can damage or cut what it serves', async () => {
    const whole = buildArtifact('20260928.0', 'x86_64', 'zstd');
    mirror.plant('corrupt', 1);
    const corrupt = await get(path);
    mirror.plant('cut', 1);

    expect(corrupt.body).toHaveLength(whole.length);
    expect(corrupt.body).not.toEqual(whole);
    await expect(get(path)).rejects.toThrow(/aborted|hang up/);
  });
});

describe('the catalogue of a local run', () => {
  it('differs from the shipped one only in checksums, sizes and the suffix of archives', () => {
    const plain = (text: string) =>
      JSON.parse(text.replaceAll(/"sha256":"\w+"(,"size":\d+)?/g, '"sha256":""').replaceAll(/\.tar\.(bz2|zstd)/g, ''));

    expect(plain(JSON.stringify(catalogue))).toEqual(plain(JSON.stringify(shipped)));
    expect(catalogue).not.toEqual(shipped);
  });
});
