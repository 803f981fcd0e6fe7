import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { synthesizeSimulated } from '../../cli/synthesize.ts';
import { type Catalogue, parseCatalogue } from '../../domain/catalogue.ts';
import { mirrorKey } from '../../domain/mirror.ts';
import { type MirrorRight, mirrorRights } from '../../lib/mirror-rights.ts';
import { SimulatedMachine } from '../../packages/lab/machines.ts';
import { bucketSite, simulatedBuilders, startMirror, upstreamSites } from '../../packages/lab/releases.ts';
import { karpenterNode, type Simulation, startModelled } from '../../packages/lab/simulation.ts';
import { AwsError } from '../../packages/local-aws/aws.ts';
import type { VirtualClock } from '../../packages/local-aws/clock.ts';
import { serve } from '../../packages/local-aws/server.ts';
import { airlock, type Ended } from '../cli/airlock.ts';
import { gate } from './scenario.ts';

let folder: string;
let assembly: string;
let config: string;
let catalogueFile: string;
let catalogue: Catalogue;
let world: Simulation;

/** An installation with a mirror, and machines that reach nothing but its bucket. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'airlock-mirror-'));
  config = join(folder, 'airlock.yaml');
  writeFileSync(config, 'clusters: [{name: demo}]\nruntimes: {gvisor: {}}\nartifacts: mirror\n');
  ({ assembly, catalogue: catalogueFile } = await synthesizeSimulated(folder, { config }));
  catalogue = parseCatalogue(readFileSync(catalogueFile, 'utf8'));
  const endpoint = await startMirror(
    {},
    bucketSite(() => world.cloud),
  );
  world = await startModelled(assembly, {
    machine: () => SimulatedMachine.create({}, endpoint),
    internet: upstreamSites(),
  });
  return async () => {
    await world.stop();
    await endpoint.close();
  };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bucketOf = ({ cloud }: Simulation) => cloud.resource('Mirror/Bucket/Resource').ref;
const pinned = (version: string) =>
  catalogue.runtimes.gvisor?.versions.find((one) => one.version === version)?.artifacts.x86_64;

describe('a node that reaches nothing but the bucket', () => {
  it('is released, and its signed address is in the command alone', async () => {
    const node = await world.launch(karpenterNode('demo', gate));
    await world.settle(40 * 60_000);

    expect(world.report(node)).toMatchObject({ outcome: 'released', detail: '' });
    const sent = world.cloud.journal.find(({ operation }) => operation === 'SendCommand')?.input as {
      readonly Parameters: Readonly<Record<string, readonly string[]>>;
    };
    const { Version = [], SourceX8664: [address = ''] = [] } = sent.Parameters;
    const { host, pathname, searchParams } = new URL(address);
    expect(host).toBe(`${bucketOf(world)}.s3.eu-central-1.amazonaws.com`);
    expect(pathname).toBe(`/${mirrorKey(pinned(Version[0] ?? '')?.sha256 ?? '')}`);
    expect(Number(searchParams.get('X-Amz-Expires'))).toBeLessThan(3_600);

    const others = world.cloud.journal.filter(
      ({ service, operation }) => service !== 's3' && operation !== 'SendCommand',
    );
    const logged = world.cloud.logs.groups.map((group) => world.cloud.logs.events(group));
    const written = JSON.stringify([world.trail(), logged, others.map(({ input }) => input)]);
    expect(written).toContain(node.instanceId);
    expect(written).not.toContain('X-Amz-');
    expect(written).not.toContain('SourceX8664');
  });
});

it('a node whose address cannot be signed waits, the trail says why, and it is released once it can', async () => {
  const clock = world.clock as VirtualClock;
  // The function's session of the reader ends.
  await clock.run(() => false, clock.now() + 3_600_000);
  world.cloud.faults = {
    beforeCall: ({ operation }) =>
      operation === 'AssumeRole'
        ? new AwsError('AccessDenied', 'not authorized to perform: sts:AssumeRole')
        : undefined,
  };
  const node = await world.launch(karpenterNode('demo', gate));
  await clock.run(() => false, clock.now() + 4 * 60_000);
  const types = () => world.timelineOf(node).map((event) => event['detail-type']);

  expect(types()).toEqual(['Node Admitted', 'Command Deferred']);
  expect(world.timelineOf(node).at(-1)?.detail).toMatchObject({ because: 'mirror-refused' });
  world.cloud.faults = {};
  await world.settle(40 * 60_000);
  expect(world.report(node).outcome).toBe('released');
});

describe('what roles may do because of a mirror', () => {
  const actions = [
    's3:GetObject',
    's3:PutObject',
    's3:DeleteObject',
    's3:ListBucket',
    's3:PutBucketPolicy',
    's3:DeleteObjectVersion',
    'sts:AssumeRole',
  ];

  it.each([
    ['fill', 'Mirror/Fill/Role/Resource'],
    ['reader', 'Mirror/Reader/Resource'],
    ['dispatch', 'Dispatch/Role/Resource'],
  ] as const)('%s: exactly what docs/understand/rights.md gives it', (name, path) => {
    const rights: readonly MirrorRight[] = mirrorRights[name];
    const bucket = `arn:aws:s3:::${bucketOf(world)}`;
    const roleOf = (at: string) => String(world.cloud.resource(at).attributes['Arn']);
    const resources = {
      files: `${bucket}/${mirrorKey('0'.repeat(64))}`,
      bucket,
      reader: roleOf('Mirror/Reader/Resource'),
      'another key': `${bucket}/other`,
      'another bucket': 'arn:aws:s3:::another/sha256/0',
    };
    const principal = { kind: 'role', roleArn: roleOf(path), sessionName: 'test' } as const;
    for (const action of actions) {
      for (const [on, resource] of Object.entries(resources)) {
        const isAllowed = world.cloud.iam.deny(principal, { action, resource }) === undefined;
        const isGiven = rights.some((right) => right.on === on && right.actions.includes(action));
        expect(isAllowed, `${action} ${on}`).toBe(isGiven);
      }
    }
  });
});

/** Runs a command as a shell would, while the cloud's time passes. */
async function run(...words: readonly string[]): Promise<Ended> {
  const served = await serve(world.cloud);
  const environment = {
    PATH: process.env['PATH'],
    HOME: folder,
    AIRLOCK_CATALOGUE: catalogueFile,
    ...served.environment,
  };
  let ended: Ended | undefined;
  const running = airlock([...words, '--config', config], environment).then((result) => {
    ended = result;
  });
  const clock = world.clock as VirtualClock;
  while (ended === undefined) {
    await clock.run(() => ended !== undefined, clock.now() + 1_000);
    await sleep(5);
  }
  await running;
  await served.close();
  return ended;
}

describe('airlock artifacts', () => {
  it('finds what someone did to the bucket, and has the mirror fetch it again', async () => {
    const { s3 } = world.services;
    const { sha256 = '' } = pinned('20260831.0') ?? {};
    const put = (body: string) =>
      s3
        .bucket(bucketOf(world))
        .put(mirrorKey(sha256), { body: Buffer.from(body), sha256: undefined, metadata: {}, now: 0 });
    put('other bytes');
    const wrong = await run('artifacts', 'verify', '--json');
    const filled = await run('artifacts', 'fill', '--json');
    const right = await run('artifacts', '--json');

    expect(wrong.code).toBe(1);
    expect(filled.code).toBe(0);
    expect(right.code).toBe(0);
    expect(filled.err).toBe('');
    const states = (
      JSON.parse(wrong.out) as { files: { version: string; arch: string; state: string; reason: string }[] }
    ).files;
    expect(states.filter(({ state }) => state !== 'verified')).toMatchObject([
      { version: '20260831.0', arch: 'x86_64', state: 'wrong', reason: expect.stringContaining(sha256) },
    ]);
    expect(JSON.parse(filled.out)).toMatchObject({ files: [{ version: '20260831.0', filled: true, reason: '' }] });
    expect(JSON.parse(right.out)).toMatchObject({
      from: 'mirror',
      files: [{ state: 'mirrored', url: expect.any(String) }, {}, {}, {}, {}, {}],
    });
  });
});

it('a deployment fails if upstream has other bytes, and says what is pinned and what came', async () => {
  const bad = upstreamSites({
    gvisor: (version, architecture, compression) => {
      const good = Buffer.from(simulatedBuilders.gvisor(version, architecture, compression));
      return Buffer.concat([good.subarray(1), good.subarray(0, 1)]);
    },
  });
  const deployed = startModelled(assembly, { internet: bad });
  deployed.then((one) => onTestFinished(() => one.stop())).catch(() => {});

  await expect(deployed).rejects.toThrow(
    /gvisor 20260831\.0 for x86_64 is not in the mirror: https:\/\/github\.com\/\S+: the catalogue pins sha256 [0-9a-f]{64}, and what came has [0-9a-f]{64}/,
  );
});
