// npm run bench:node: our document with all its guards compared with a bare install script, with the same archive and with upstream's bz2,
// round by round on the same node.
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { defaultVersion, parseCatalogue, versionOf } from '../../domain/catalogue.ts';
import { RealMachine, realArtifacts } from '../../packages/lab/real-machines.ts';
import { simulatedCatalogue, startMirror } from '../../packages/lab/releases.ts';
import { assembleDocument, scriptOf, type Verb } from '../../ssm-documents/assemble.ts';
import { readShown } from '../ssm-documents/shown.ts';

/** With this many extra bytes beside Debian's runsc the archives have upstream's size: 130 MB as zstd. */
const paddingBytes = 256 * 2 ** 20;

/** How long an install took, and its phases, in milliseconds. */
interface Measured {
  readonly total: number;
  readonly phases: Readonly<Record<string, number>>;
}

const rounds = Number(process.argv[2] ?? 7);
if (!Number.isInteger(rounds) || rounds < 1)
  throw new RangeError(`${process.argv[2]} rounds; accepted: a whole number from 1 on`);

const say = (line: string) => process.stdout.write(`${line}\n`);
const { builders, descriptions } = await realArtifacts(say, 'sandboxed', paddingBytes);
const catalogueFile = new URL('../../ssm-documents/catalogue.yaml', import.meta.url);
const shipped = parseCatalogue(readFileSync(catalogueFile, 'utf8'));
const version = defaultVersion(shipped, 'gvisor');
const bareScript = readFileSync(new URL('bare.sh', import.meta.url), 'utf8');

/** The catalogue with only the measured version: each archive takes a while to create. */
function catalogueOf(compression: 'zstd' | 'bz2') {
  const { gvisor } = shipped.runtimes;
  const x86_64 = versionOf(shipped, 'gvisor', version)?.artifacts.x86_64;
  if (gvisor === undefined || x86_64 === undefined) throw new Error('the catalogue has no gVisor for x86_64');
  say(`making an archive of upstream's size as ${compression}`);
  const versions = [{ version, artifacts: { x86_64 } }];
  const catalogue = { ...shipped, runtimes: { gvisor: { ...gvisor, versions } } };
  return simulatedCatalogue(catalogue, compression, builders);
}

const catalogue = catalogueOf('zstd');
const artifacts = [catalogue, catalogueOf('bz2')].map((one) => versionOf(one, 'gvisor', version)?.artifacts.x86_64);
const [asZstd, asBz2] = artifacts;

/** What the bare install leaves is removed, or the next one would not start from the same node. */
const takeAway = `#!/bin/sh
set -e
rm -rf /opt/bare /tmp/release /usr/local/bin/runsc /usr/local/bin/containerd-shim-runsc-v1 /usr/local/bin/gvisor-bin
sed -i '/containerd.runtimes.runsc\\]$/,$d' /etc/containerd/config.toml
systemctl restart containerd
`;

/** systemd refuses a service that starts too often, and real installs are not seconds apart. */
const forgetStarts = (machine: RealMachine) => machine.read('systemctl', 'reset-failed', 'containerd.service');

async function bare(machine: RealMachine, artifact = asZstd): Promise<Measured> {
  const environment = { SSM_URL: artifact?.url ?? '', SSM_SHA256: artifact?.sha256 ?? '' };
  await forgetStarts(machine);
  const ended = await machine.run({ text: bareScript, environment, timeoutSeconds: 120 });
  if (ended.exitCode !== 0) throw new Error(`the bare install failed: ${ended.stderr}`);
  const marks = [...ended.stdout.matchAll(/^(\w+) (\d+)$/gm)].map(([, name = '', at]) => ({
    name,
    at: Number(at) / 1_000,
  }));
  const phases = marks.slice(1).map(({ name, at }, index) => [name, at - (marks[index]?.at ?? at)] as const);
  await machine.run({ text: takeAway, environment: {}, timeoutSeconds: 120 });
  return { total: ended.durationMs, phases: Object.fromEntries(phases) };
}

async function ours(machine: RealMachine): Promise<Measured> {
  await forgetStarts(machine);
  const ended = await document(machine, 'install');
  await document(machine, 'uninstall');
  return ended;
}

async function document(machine: RealMachine, verb: Verb): Promise<Measured> {
  const text = scriptOf(assembleDocument(catalogue, 'gvisor', verb));
  const ended = await machine.run({ text, environment: { SSM_Version: version }, timeoutSeconds: 120 });
  const read = readShown(ended);
  if (!read.ok || ended.exitCode !== 0) throw new Error(`${verb}: ${ended.stdout}\n${ended.stderr}`);
  return { total: ended.durationMs, phases: read.result.phases };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

function table(name: string, measured: readonly Measured[]): void {
  const phases = Object.keys(measured[0]?.phases ?? {});
  const cells = phases.map((phase) => `${phase} ${median(measured.map((one) => one.phases[phase] ?? 0)).toFixed(0)}`);
  say(`${name}: median ${median(measured.map(({ total }) => total)).toFixed(0)} ms: ${cells.join(', ')}`);
}

/** The ratios of our document to a bare install, round by round. */
function compare(name: string, aim: string, bares: readonly Measured[], documents: readonly Measured[]): void {
  const ratios = documents.map(({ total }, round) => total / (bares[round]?.total ?? Number.NaN));
  const all = ratios.map((ratio) => ratio.toFixed(2)).join(' ');
  say(`document / ${name}: median ${median(ratios).toFixed(2)} (${all}); the aim is ${aim}`);
}

const mirror = await startMirror(builders);
const machine = await RealMachine.create({ debian: 'sid', mirror, progress: say });
try {
  const sizes = artifacts.map((artifact) => ((artifact?.size ?? 0) / 1e6).toFixed(0));
  say(`node      ${machine.description}`);
  say(`archive   ${sizes[0]} MB as zstd, ${sizes[1]} MB as bz2, from a mirror on loopback; ${descriptions.gvisor}`);
  say(`load      ${loadavg()[0]?.toFixed(2)} before the first round`);
  await machine.startContainer('bystander');
  const ways = {
    'bare, zstd': () => bare(machine),
    document: () => ours(machine),
    'bare, bz2': () => bare(machine, asBz2),
  } as const;
  const names = Object.keys(ways) as (keyof typeof ways)[];
  const measured: Record<keyof typeof ways, Measured[]> = { 'bare, zstd': [], document: [], 'bare, bz2': [] };
  // The first round also reads from the disk what the host has not cached yet.
  for (const name of names) await ways[name]();
  for (let round = 0; round < rounds; round++) {
    // No install always follows the same other one.
    for (const name of round % 2 === 0 ? names : names.toReversed()) measured[name].push(await ways[name]());
    const totals = names.map((name) => `${name} ${measured[name][round]?.total} ms`);
    say(`round ${round + 1}: ${totals.join(', ')} (load ${loadavg()[0]?.toFixed(2)})`);
  }
  for (const name of names) table(name, measured[name]);
  compare('bare script, same archive', '1.5, at most 1.7', measured['bare, zstd'], measured.document);
  compare("bare script, upstream's bz2", '0.5', measured['bare, bz2'], measured.document);
} finally {
  await machine.destroy();
  await mirror.close();
}
