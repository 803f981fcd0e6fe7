import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { readResult } from '../../domain/result.ts';
import { SimulatedMachine } from '../../packages/lab/machines.ts';
import { type Mirror, simulatedBuilders, startMirror } from '../../packages/lab/releases.ts';
import { type AgentMachine, runDocument } from '../../packages/local-aws/agent.ts';
import { type AssembledDocument, assembleDocument } from '../../ssm-documents/assemble.ts';
import { type ServedBucket, serveBucket } from './bucket.ts';
import { shells, watchEnvironments } from './environments.ts';
import { catalogue, resultOf } from './node.ts';

const version = '20260928.0';
const documents = {
  upstream: assembleDocument(catalogue, 'gvisor', 'install'),
  mirror: assembleDocument(catalogue, 'gvisor', 'install', { isMirrored: true }),
};

let upstream: Mirror;
let bucket: ServedBucket;
beforeAll(async () => {
  upstream = await startMirror();
  bucket = await serveBucket(catalogue, (of, architecture) => simulatedBuilders.gvisor(of, architecture, 'zstd'));
});
afterAll(async () => {
  await upstream.close();
  await bucket.close();
});
beforeEach(({ skip }) => {
  skip(spawnSync('wget', ['--version']).error !== undefined, 'wget is not installed on this machine');
});

/** A node without curl. @param site what it reaches */
async function nodeOf(site: Mirror): Promise<SimulatedMachine> {
  const machine = await SimulatedMachine.create({ without: ['curl'] }, site);
  onTestFinished(() => machine.destroy());
  return machine;
}

async function install(machine: AgentMachine, { content }: AssembledDocument, parameters = {}) {
  const given = { Version: [version], Seconds: ['900'], ...parameters };
  const { plugins } = await runDocument(content, given, { machine, commandId: 'c-1' });
  const { output = '', stderr = '' } = plugins[0] ?? {};
  return { stderr, result: resultOf(readResult(output), stderr) };
}

describe('a node without curl', () => {
  it('downloads with wget from upstream, again after an error, and on from where a download was cut', async () => {
    upstream.plant('server-error', 1);
    upstream.plant('cut', 1);
    const { result, stderr } = await install(await nodeOf(upstream), documents.upstream);
    expect(result).toMatchObject({ outcome: 'installed', version, detail: '' });
    expect(stderr).toContain('answered 500');
    expect(stderr.match(/step: download/g)).toHaveLength(3);
  });

  it('names the status with which upstream refuses, and does not ask again', async () => {
    upstream.plant('not-found', 1);
    const { result, stderr } = await install(await nodeOf(upstream), documents.upstream);
    expect(result.outcome).toBe('download-failed');
    expect(result.detail).toContain('answered 404');
    expect(stderr.match(/step: download/g)).toHaveLength(1);
  });

  it('downloads with wget from the mirror, and its address is in no log and in the environment of no program', async () => {
    const machine = await nodeOf(bucket.endpoint);
    const sources = await bucket.sources(version);
    const secret = /X-Amz-Signature=([0-9a-f]{64})/.exec(String(sources['SourceX8664']))?.[1] ?? 'none';
    const seen = await watchEnvironments(`SSM_Version=${version}`, secret, () =>
      install(machine, documents.mirror, sources),
    );
    const { result, stderr } = seen.result;
    expect(result).toMatchObject({ outcome: 'installed', version, detail: '' });
    expect(stderr + readFileSync(join(machine.tree, 'var/log/airlock.log'), 'utf8')).not.toContain('X-Amz-');
    expect([...seen.withSecret].filter((program) => !shells.includes(program))).toEqual([]);
  });

  it('names the mirror that refuses an address', async () => {
    const sources = await bucket.sources(version);
    const forged = Object.fromEntries(
      Object.entries(sources).map(([name, [address = '']]) => [
        name,
        [address.replace(/Signature=.{8}/, 'Signature=00000000')],
      ]),
    );
    const { result } = await install(await nodeOf(bucket.endpoint), documents.mirror, forged);
    expect(result.outcome).toBe('download-failed');
    expect(result.detail).toMatch(/^the mirror of https:\S+ answered 403: /);
    expect(result.detail).not.toContain('X-Amz-');
  });
});
