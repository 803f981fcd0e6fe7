// npm run test:faults: plays runs with planted faults and looks at each from outside. Ends with 1 where an invariant was violated.
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { assemblyIn } from './assembly.ts';
import { type Draw, draw } from './draw.ts';
import { faults } from './families/all.ts';
import type { Played } from './play.ts';
import { Players } from './pool.ts';
import { Table } from './table.ts';

interface Options {
  readonly seed: number;
  readonly runs: number;
  readonly run?: number;
  readonly fault?: string;
  readonly processes: number;
}

/** How often a line of progress is written, in milliseconds. */
const progressMs = 5_000;

const options = new Command('test:faults')
  .description('Break everything around the product, and see whether the rules hold')
  .option('--seed <number>', 'which chance', whole, 1)
  .option('--runs <number>', 'how many runs', whole, 600)
  .option('--run <number>', 'replay this run alone', whole)
  .option('--fault <name>', 'play this fault alone, in every run')
  .option('--processes <number>', 'how many runs at once', whole, availableParallelism())
  .parse()
  .opts<Options>();

function whole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError(`"${text}" is not a whole number`);
  return Number(text);
}

function* draws({ seed, runs, run, fault }: Options): Generator<Draw> {
  if (fault !== undefined && faults[fault] === undefined) throw new Error(`there is no fault ${fault}`);
  const numbers = run === undefined ? Array.from({ length: runs }, (_, index) => index) : [run];
  for (const number of numbers) {
    const drawn = draw(seed, number);
    yield fault === undefined ? drawn : { ...drawn, faults: [fault], nodes: Math.min(drawn.nodes, 12) };
  }
}

function complain({ draw: { seed, run, faults: planted, nodes }, violations }: Played): void {
  const only = options.fault === undefined ? '' : ` --fault ${options.fault}`;
  process.stdout.write(`\nrun ${run}: ${planted.join(' + ') || 'no fault'}, ${nodes} nodes\n`);
  for (const violation of violations.slice(0, 6)) process.stdout.write(`  ${violation}\n`);
  if (violations.length > 6) process.stdout.write(`  and ${violations.length - 6} more\n`);
  process.stdout.write(`  replay: npm run test:faults -- --seed ${seed} --run ${run}${only}\n`);
}

const folder = mkdtempSync(join(tmpdir(), 'airlock-faults-'));
const began = performance.now();
const table = new Table();
const total = options.run === undefined ? options.runs : 1;
let nodes = 0;
const progress = setInterval(() => {
  const seconds = Math.round((performance.now() - began) / 1_000);
  process.stderr.write(
    `${table.runs} of ${total} runs, ${nodes} nodes, ${table.violations} violations, ${seconds} s\n`,
  );
}, progressMs);
try {
  const assembly = await assemblyIn(folder);
  await new Players(assembly, options.processes).play(draws(options), (played) => {
    table.add(played);
    nodes += played.draw.nodes;
    if (played.violations.length > 0) complain(played);
    return true;
  });
} finally {
  clearInterval(progress);
  rmSync(folder, { recursive: true, force: true });
}
process.stdout.write(`\n${table.text()}\n\n`);
process.stdout.write(`${nodes} nodes in ${Math.round((performance.now() - began) / 1_000)} s\n`);
process.stdout.write(`${table.runs} runs, ${table.violations} violations, seed ${options.seed}\n`);
process.exitCode = table.violations === 0 ? 0 : 1;
