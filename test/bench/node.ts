// npm run bench:node: the bare install that people write against our document with all its guards, pair by pair on the same node.
import { readFileSync } from 'node:fs';
import { defaultRelease, parseCatalogue, releaseOf } from '../../domain/catalogue.ts';
import { startMirror } from '../../local/machine/mirror.ts';
import { RealMachine } from '../../local/machine/real/machine.ts';
import { realReleases } from '../../local/machine/real/release.ts';
import { simulatedCatalogue } from '../../local/machine/release.ts';
import { assembleDocument, scriptOf, type Verb } from '../../ssm-documents/assemble.ts';
import { readShown } from '../ssm-documents/shown.ts';

/** What upstream's archive has. */
const artifactBytes = 50 * 2 ** 20;

/** How long an install took, and its phases, in milliseconds. */
interface Measured {
  readonly total: number;
  readonly phases: Readonly<Record<string, number>>;
}

const pairs = Number(process.argv[2] ?? 7);
if (!Number.isInteger(pairs) || pairs < 1)
  throw new RangeError(`${process.argv[2]} pairs; accepted is a whole number from 1 on`);

const say = (line: string) => process.stdout.write(`${line}\n`);
const { builders, descriptions } = await realReleases(say, 'sandboxed', artifactBytes);
const catalogueFile = new URL('../../ssm-documents/catalogue.yaml', import.meta.url);
const catalogue = simulatedCatalogue(parseCatalogue(readFileSync(catalogueFile, 'utf8')), 'zstd', builders);
const release = defaultRelease(catalogue, 'gvisor');
const artifact = releaseOf(catalogue, 'gvisor', release)?.artifacts.x86_64;
const bareScript = readFileSync(new URL('bare.sh', import.meta.url), 'utf8');

/** What the bare install leaves is taken away, or the next one would not be on the same node. */
const takeAway = `#!/bin/sh
set -e
rm -rf /opt/bare /tmp/release /usr/local/bin/runsc /usr/local/bin/containerd-shim-runsc-v1 /usr/local/bin/gvisor-bin
sed -i '/containerd.runtimes.runsc\\]$/,$d' /etc/containerd/config.toml
systemctl restart containerd
`;

/** systemd refuses a service that starts too often, and nobody installs every other second. */
const forgetStarts = (machine: RealMachine) => machine.read('systemctl', 'reset-failed', 'containerd.service');

async function bare(machine: RealMachine): Promise<Measured> {
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
  const ended = await machine.run({ text, environment: { SSM_Release: release }, timeoutSeconds: 120 });
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

const mirror = await startMirror(builders);
const machine = await RealMachine.create({ release: 'sid', mirror, progress: say });
try {
  say(`node      ${machine.description}`);
  say(
    `artifact  ${((artifact?.size ?? 0) / 2 ** 20).toFixed(1)} MiB, ${descriptions.gvisor}; from a mirror on loopback`,
  );
  await machine.startContainer('bystander');
  // The first of each pays for what the host has not read from its disk yet.
  await bare(machine);
  await ours(machine);
  const rows: { readonly bare: Measured; readonly ours: Measured }[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    // Whoever comes second in a pair must not always be the same.
    const first = pair % 2 === 0 ? await bare(machine) : await ours(machine);
    const second = pair % 2 === 0 ? await ours(machine) : await bare(machine);
    const row = pair % 2 === 0 ? { bare: first, ours: second } : { bare: second, ours: first };
    rows.push(row);
    const ratio = row.ours.total / row.bare.total;
    say(`pair ${pair + 1}: bare ${row.bare.total} ms, ours ${row.ours.total} ms, ratio ${ratio.toFixed(2)}`);
  }
  table(
    'bare',
    rows.map((row) => row.bare),
  );
  table(
    'ours',
    rows.map((row) => row.ours),
  );
  const ratios = rows.map((row) => row.ours.total / row.bare.total);
  say(
    `ratio: median ${median(ratios).toFixed(2)} of ${pairs} pairs (${ratios.map((ratio) => ratio.toFixed(2)).join(' ')}); the aim is at most 2`,
  );
} finally {
  await machine.destroy();
  await mirror.close();
}
