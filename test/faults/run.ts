// npm run test:faults: plays runs with planted faults and checks each from outside. Exits with 1 if an invariant was violated.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { stringify } from 'yaml';
import { synthesizeSimulated } from '../../cli/synthesize.ts';
import { faultOf, replacingPool } from '../../packages/lab/faults.ts';
import { Copy } from '../mutations/assembly.ts';
import { type Draw, draw } from './draw.ts';
import { clusterName } from './fault-run.ts';
import { type KnownDefect, knownDefects } from './known-defects.ts';
import type { Played } from './play.ts';
import { Players } from './pool.ts';
import { Progress } from './progress.ts';
import { rolloutDefects } from './rollouts/known-defects.ts';
import { Table } from './table.ts';
import { whole } from './whole.ts';

interface Options {
  readonly seed: number;
  readonly runs: number;
  readonly from: number;
  readonly run?: number;
  readonly fault?: string;
  readonly processes: number;
  readonly knownDefects?: string | true;
  readonly report?: string;
}

const options = new Command('test:faults')
  .description('Break everything around the product, and check that the rules hold')
  .option('--seed <number>', 'which chance', whole(0), 1)
  .option('--runs <number>', 'how many runs', whole(1), 200)
  .option('--from <number>', 'the first of them, to continue a session that was ended', whole(0), 0)
  .option('--run <number>', 'replay only this run', whole(0))
  .option('--fault <name>', 'play only this fault, in every run')
  .option('--known-defects [name]', 'break the product in each way that the matrix must find')
  .option('--processes <number>', 'how many runs at once', whole(1, 256), availableParallelism())
  .option('--report <file>', "write each run's result to a file, as Vitest's JSON reporter does")
  .parse()
  .opts<Options>();

function* draws({ seed, runs, from, run, fault }: Options): Generator<Draw> {
  if (fault !== undefined) faultOf(fault);
  const numbers = run === undefined ? Array.from({ length: runs }, (_, index) => from + index) : [run];
  for (const number of numbers) {
    const drawn = draw(seed, number);
    yield fault === undefined ? drawn : { ...drawn, faults: [fault], nodes: Math.min(drawn.nodes, 12) };
  }
}

/** What a run plays, in words. */
function titleOf({ rollout, faults: planted }: Draw): string {
  const change =
    rollout && `rollout of ${rollout.runtime} ${rollout.deploys.map((deploy) => deploy.default).join(', ')}: `;
  return `${change ?? ''}${planted.join(' + ') || 'no fault'}`;
}

function complain({ draw: drawn, violations }: Played): void {
  const { seed, run, nodes } = drawn;
  const only = options.fault === undefined ? '' : ` --fault ${options.fault}`;
  process.stdout.write(`\nrun ${run}: ${titleOf(drawn)}, ${nodes} nodes\n`);
  for (const violation of violations.slice(0, 6)) process.stdout.write(`  ${violation}\n`);
  if (violations.length > 6) process.stdout.write(`  and ${violations.length - 6} more\n`);
  process.stdout.write(`  replay: npm run test:faults -- --seed ${seed} --run ${run}${only}\n`);
}

const folder = mkdtempSync(join(tmpdir(), 'airlock-faults-'));
try {
  const config = join(folder, 'airlock.yaml');
  const pools = [{ name: replacingPool, onFailure: 'replace' }];
  writeFileSync(
    config,
    stringify({
      clusters: [{ name: clusterName, instanceProfiles: ['demo-nodes'] }],
      runtimes: { gvisor: {}, kata: {} },
      manifests: 'manual',
      rollout: {},
      pools,
      notifications: { email: ['oncall@example.com'] },
    }),
  );
  const { assembly } = await synthesizeSimulated(folder, { config });
  const good = options.knownDefects === undefined ? await matrix(assembly) : await breakAll(assembly);
  process.exitCode = good ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Plays the matrix and prints it, even if the session is ended early. @returns whether the rules held */
async function matrix(assembly: string): Promise<boolean> {
  const table = new Table();
  const results: { fullName: string; status: string }[] = [];
  let going = true;
  process.once('SIGINT', () => {
    going = false;
  });
  const said = new Progress(options.run === undefined ? options.runs : 1);
  await new Players(assembly, options.processes).play(draws(options), (played) => {
    table.add(played);
    said.count(played);
    const { draw: drawn, violations } = played;
    const fullName = `run ${drawn.run}: ${titleOf(drawn)}`;
    results.push({ fullName, status: violations.length > 0 ? 'failed' : 'passed' });
    if (violations.length > 0) complain(played);
    return going;
  });
  said.end();
  if (options.report !== undefined) {
    const name = import.meta.filename;
    writeFileSync(options.report, JSON.stringify({ testResults: [{ name, assertionResults: results }] }));
  }
  process.stdout.write(`\n${table.text()}\n\n${said.nodes} nodes in ${said.seconds} s\n`);
  process.stdout.write(`${table.runs} runs, ${table.violations} violations, seed ${options.seed}\n`);
  return table.violations === 0;
}

/** The runs that play a defect: the defects of rollouts need rollouts. */
function drawsFor(defect: KnownDefect): readonly Draw[] {
  const all = [...draws(options)];
  return rolloutDefects.includes(defect) ? all.filter(({ rollout }) => rollout !== undefined) : all;
}

/**
 * Breaks the product in one way after the other, and plays until the matrix finds it.
 *
 * @returns whether it found all of them
 */
async function breakAll(assembly: string): Promise<boolean> {
  const isWanted = ({ name }: KnownDefect) =>
    name.includes(options.knownDefects === true ? '' : String(options.knownDefects));
  const wanted = [...knownDefects, ...rolloutDefects].filter(isWanted);
  let missed = 0;
  process.stdout.write('result | known defect | run | what it said\n--- | --- | --- | ---\n');
  for (const defect of wanted) {
    const { name, apply } = defect;
    const copy = new Copy(assembly);
    try {
      await apply(copy);
      let found: Played | undefined;
      const said = new Progress(options.runs);
      await new Players(copy.write(), options.processes).play(drawsFor(defect), (played) => {
        said.count(played);
        if (played.violations.length > 0) found ??= played;
        return found === undefined;
      });
      said.end();
      if (found === undefined) missed++;
      const what =
        found === undefined
          ? '- |'
          : `${found.draw.run} (${found.draw.faults.join(' + ') || 'no fault'}) | ${found.violations[0]}`;
      process.stdout.write(`${found === undefined ? 'MISSED' : 'found'} | ${name} | ${what}\n`);
    } finally {
      copy.remove();
    }
  }
  process.stdout.write(`${wanted.length} known defects, ${missed} missed, seed ${options.seed}\n`);
  return missed === 0;
}
