// npm run test:month: a month of 2,000 nodes on the local cloud. With --write it writes docs/evidence/month.md. Exits with 1 if a rule was violated.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { stringify } from 'yaml';
import { synthesize } from '../../cli/synthesize.ts';
import { parseCatalogue } from '../../domain/catalogue.ts';
import { parseConfig } from '../../lib/config/load.ts';
import { simulatedCatalogue } from '../../packages/lab/releases.ts';
import { whole } from '../faults/whole.ts';
import { withoutPreparation } from '../scenarios/prepared.ts';
import { catalogueOf, config, deployments, type Outage, outages, pools } from './calendar.ts';
import { playMonth } from './play.ts';
import { faultsOf, monthPage } from './report.ts';

interface Options {
  readonly nodes: number;
  readonly days: number;
  readonly seed: number;
  readonly outage: Outage;
  readonly write?: true;
}

const options = new Command('test:month')
  .description('Play a month of advisories and rollouts, and check it from the machines and the Nodes')
  .option('--nodes <number>', 'how many nodes', whole(20, 2_000), 2_000)
  .option('--days <number>', 'how many days', whole(1, 30), 30)
  .option('--seed <number>', 'which chance', whole(0), 1)
  .addOption(new Option('--outage <when>', 'when the API server is down').choices(Object.keys(outages)).default('soak'))
  .option('--write', 'write docs/evidence/month.md')
  .parse()
  .opts<Options>();

const folder = mkdtempSync(join(tmpdir(), 'airlock-month-'));
const began = performance.now();
const seconds = () => Math.round((performance.now() - began) / 1_000);
/** The time so far, and the processor's. */
const times = () => {
  const { user, system } = process.cpuUsage();
  return `${seconds()} s, ${Math.round((user + system) / 1e6)} s of processor`;
};
const copies: { remove(): void }[] = [];
try {
  const file = join(folder, 'airlock.yaml');
  writeFileSync(file, stringify(config));
  const own = parseCatalogue(readFileSync(new URL('../../ssm-documents/catalogue.yaml', import.meta.url), 'utf8'));
  const made = [];
  for (const [at, deployment] of deployments.entries()) {
    const catalogue = simulatedCatalogue(catalogueOf(own, deployment));
    const path = join(folder, `catalogue-${at}.yaml`);
    writeFileSync(path, stringify(catalogue));
    const assembly = join(folder, `cdk.out-${at}`);
    await synthesize({ assembly, config: file, catalogue: path });
    const copy = withoutPreparation(assembly);
    copies.push(copy);
    made.push({ assembly: copy.write(), settings: { config: parseConfig(stringify(config)), catalogue } });
    process.stdout.write(`${times()}  synthesized ${deployment.about}\n`);
  }
  const result = await playMonth({
    assemblies: made.map(({ assembly }) => assembly),
    settings: made.map(({ settings }) => settings),
    scale: options.nodes / pools.reduce((sum, { size }) => sum + size, 0),
    days: options.days,
    seed: options.seed,
    outage: options.outage,
    tell: (line) => process.stdout.write(`${times()}  ${line}\n`),
  });
  const { user, system } = process.cpuUsage();
  const run = { ...options, wallSeconds: seconds(), processorSeconds: Math.round((user + system) / 1e6) };
  const page = monthPage(result, run);
  process.stdout.write(`\n${page}`);
  if (options.write) writeFileSync(new URL('../../docs/evidence/month.md', import.meta.url), page);
  const faults = faultsOf(result);
  for (const fault of faults.slice(0, 30)) process.stdout.write(`${fault}\n`);
  if (faults.length > 30) process.stdout.write(`and ${faults.length - 30} more\n`);
  process.exitCode = faults.length > 0 ? 1 : 0;
} finally {
  for (const copy of copies) copy.remove();
  rmSync(folder, { recursive: true, force: true });
}
