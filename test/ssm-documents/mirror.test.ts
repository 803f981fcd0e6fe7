import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { readResult } from '../../domain/result.ts';
import { SimulatedMachine } from '../../packages/lab/machines.ts';
import { simulatedBuilders } from '../../packages/lab/releases.ts';
import { runDocument } from '../../packages/local-aws/agent.ts';
import { assembleDocument, scriptOf } from '../../ssm-documents/assemble.ts';
import { type ServedBucket, serveBucket } from './bucket.ts';
import { shells, watchEnvironments } from './environments.ts';
import { catalogue, resultOf, shipped } from './node.ts';

const version = '20260928.0';
const mirrored = assembleDocument(catalogue, 'gvisor', 'install', { isMirrored: true });
const usual = assembleDocument(catalogue, 'gvisor', 'install');

let bucket: ServedBucket;
beforeAll(async () => {
  bucket = await serveBucket(catalogue, (of, architecture) => simulatedBuilders.gvisor(of, architecture, 'zstd'));
});
afterAll(() => bucket.close());

/** Runs the installation on a machine that reaches nothing but the bucket. */
async function install(parameters: Record<string, readonly string[]>) {
  const machine = await SimulatedMachine.create({}, bucket.endpoint);
  onTestFinished(() => machine.destroy());
  const given = { Version: [version], Seconds: ['900'], ...parameters };
  const { plugins } = await runDocument(mirrored.content, given, { machine, commandId: 'c-1' });
  const { output = '', stderr = '' } = plugins[0] ?? {};
  return { machine, stderr, result: resultOf(readResult(output), stderr) };
}

const x86 = catalogue.runtimes.gvisor?.versions.find((one) => one.version === version)?.artifacts.x86_64;

describe('a node that reaches nothing but the bucket', () => {
  it('installs from it, and its address is in no log and in the environment of no program', async () => {
    const sources = await bucket.sources(version);
    const secret = /X-Amz-Signature=([0-9a-f]{64})/.exec(String(sources['SourceX8664']))?.[1] ?? 'none';
    const seen = await watchEnvironments(`SSM_Version=${version}`, secret, () => install(sources));
    const { machine, stderr, result } = seen.result;

    expect(result).toMatchObject({ outcome: 'installed', sha256: x86?.sha256, detail: '' });
    const log = readFileSync(join(machine.tree, 'var/log/airlock.log'), 'utf8');
    expect(stderr + log).not.toContain(secret);
    expect(stderr + log).not.toContain('X-Amz-');
    // The log is written by these two from the first line on.
    expect([...seen.all]).toEqual(expect.arrayContaining(['dd', 'tee']));
    expect([...seen.withSecret].filter((program) => !shells.includes(program))).toEqual([]);
  });
});

describe('a download from the mirror', () => {
  it.each<[string, () => Promise<Record<string, readonly string[]>>, RegExp]>([
    [
      'with an address that has expired',
      async () => {
        const sources = await bucket.sources(version, 1);
        await new Promise((resolve) => setTimeout(resolve, 2_100));
        return sources;
      },
      /^the mirror of https:\/\/storage\.googleapis\.com\/\S+ answered 403: /,
    ],
    [
      'without an address',
      async () => ({}),
      /^the mirror of https:\S+ answered nothing: no address of it came with the command/,
    ],
  ])('%s fails, names the mirror, and never asks upstream', async (_, sources, detail) => {
    const before = [...bucket.endpoint.requests.keys()].filter((path) => !path.startsWith('/sha256/'));
    const { result } = await install(await sources());

    expect(result.outcome).toBe('download-failed');
    expect(result.detail).toMatch(detail);
    expect(result.detail).not.toContain('X-Amz-');
    expect([...bucket.endpoint.requests.keys()].filter((path) => !path.startsWith('/sha256/'))).toEqual(before);
  });

  it('of other bytes than the pinned ones is refused: the mirror is a claim', async () => {
    const { sha256 = '', size = 0 } = x86 ?? {};
    bucket.replace(sha256, Buffer.alloc(size, 'x'));
    onTestFinished(() => bucket.replace(sha256, simulatedBuilders.gvisor(version, 'x86_64', 'zstd')));
    const { result } = await install(await bucket.sources(version));

    expect(result).toMatchObject({ outcome: 'checksum-mismatch' });
    expect(result.detail).toContain(`the catalogue pins sha256 ${sha256}`);
  });
});

describe('the document with a mirror', () => {
  it('differs from the usual one in its addresses and two parameters, and proving needs neither', () => {
    expect(Object.keys(mirrored.content.parameters)).toEqual([
      ...Object.keys(usual.content.parameters),
      'SourceX8664',
      'SourceAarch64',
    ]);
    expect(assembleDocument(catalogue, 'gvisor', 'prove', { isMirrored: true }).name).toBe(
      assembleDocument(catalogue, 'gvisor', 'prove').name,
    );
  });

  it('passes shellcheck', ({ skip }) => {
    const script = scriptOf(assembleDocument(shipped, 'gvisor', 'install', { isMirrored: true }));
    const checked = spawnSync('shellcheck', ['--shell=bash', '-'], { input: `${script}\n`, encoding: 'utf8' });
    if (checked.error !== undefined) skip('shellcheck is not installed on this machine');
    expect(checked.stdout).toBe('');
  });
});
