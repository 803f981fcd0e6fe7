import { afterAll, beforeAll, expect, it } from 'vitest';
import { readResult } from '../../domain/result.ts';
import { RealMachine } from '../../packages/lab/real-machines.ts';
import { runDocument } from '../../packages/local-aws/agent.ts';
import { type AssembledDocument, assembleDocument } from '../../ssm-documents/assemble.ts';
import { type ServedBucket, serveBucket } from '../ssm-documents/bucket.ts';
import { shells, watchEnvironments } from '../ssm-documents/environments.ts';
import { supplyOf } from './installation.ts';
import { newest } from './targets.ts';

const version = '20260928.0';
let bucket: ServedBucket;
let mirrored: AssembledDocument;
let usual: AssembledDocument;

beforeAll(async () => {
  const { catalogue, builders } = await supplyOf('sandboxed');
  bucket = await serveBucket(catalogue, (of, architecture) => builders.gvisor(of, architecture, 'zstd'));
  mirrored = assembleDocument(catalogue, 'gvisor', 'install', { isMirrored: true });
  usual = assembleDocument(catalogue, 'gvisor', 'install');
});
afterAll(() => bucket.close());

async function install(machine: RealMachine, document: AssembledDocument, parameters = {}) {
  const given = { Version: [version], Seconds: ['900'], ...parameters };
  const { plugins } = await runDocument(document.content, given, { machine, commandId: 'a-command' });
  const read = readResult(plugins[0]?.output ?? '');
  if (!read.ok) throw new Error(`${read.reason}\n${plugins[0]?.stderr}`);
  return read.result;
}

it("a node that reaches nothing but the bucket's end point installs gVisor from it, and nothing without it", async () => {
  const { debian, containerdDirectory } = newest;
  const other = containerdDirectory === undefined ? {} : { containerdDirectory };
  const machine = await RealMachine.create({ debian, ...other, mirror: bucket.endpoint });
  try {
    const addresses = await machine.read('sh', '-c', 'cd /sys/class/net && echo *');
    expect(addresses.trim()).toBe('lo');

    const without = await install(machine, usual);
    expect(without).toMatchObject({ outcome: 'download-failed', config: 'untouched', restarts: 0 });

    const sources = await bucket.sources(version);
    const secret = /X-Amz-Signature=([0-9a-f]{64})/.exec(String(sources['SourceX8664']))?.[1] ?? 'none';
    const seen = await watchEnvironments(`SSM_Version=${version}`, secret, () => install(machine, mirrored, sources));
    const { result } = seen;
    expect(result).toMatchObject({ outcome: 'installed', version, config: 'edited', restarts: 1, detail: '' });
    expect(result.evidence).toMatch(/^Starting gVisor, kernel /);
    expect((await machine.read('cat', '/var/log/airlock.log')).includes('X-Amz-')).toBe(false);
    // curl gets the address on its standard input, and the log is written by dd and tee from the first line on.
    expect([...seen.all]).toEqual(expect.arrayContaining(['curl', 'dd', 'tee']));
    expect([...seen.withSecret].filter((program) => !shells.includes(program))).toEqual([]);
  } finally {
    await machine.destroy();
  }
});
