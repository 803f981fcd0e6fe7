// npm run bench: how fast things are, each against a baseline of the same run. Absolute times depend on the machine and its load.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesizeSimulated } from '../../cli/synthesize.ts';
import { runPool } from '../scale/pool.ts';
import { measureDeadCluster } from './dead-cluster.ts';
import { inTurn, type Measured, processMs } from './measure.ts';
import { measureOrchestration } from './orchestration.ts';

const folder = mkdtempSync(join(tmpdir(), 'airlock-bench-'));
const say = (line = '') => process.stdout.write(`${line}\n`);
const times = (ratio: number) => `${ratio.toFixed(1)} ×`;
const ms = (value: number) => `${value.toFixed(0)} ms`;

/** The cost of a synthesis, beside an empty CDK app. */
async function benchSynthesis(): Promise<void> {
  const bare = `const { App, Stack } = require('aws-cdk-lib'); new Stack(new App({ outdir: ${JSON.stringify(join(folder, 'bare'))} }), 'Bare').node.root.synth();`;
  let count = 0;
  const whole = async () => {
    const into = join(folder, `synthesis-${++count}`);
    mkdirSync(into);
    const began = performance.now();
    await synthesizeSimulated(into);
    return performance.now() - began;
  };
  const measured = await inTurn(() => processMs(['-e', bare]), new Map([['synthesis', whole]]), 3);
  const { median, ratio } = measured.get('synthesis') as Measured;
  say(`\nsynthesis: ${ms(median)}, ${times(ratio)} an app without a resource`);
}

/** How long a launch waits for Airlock. */
async function benchOrchestration(assembly: string): Promise<void> {
  say('\n| measure | value | aim |\n|---|---|---|');
  const { measures, phases } = await measureOrchestration(assembly);
  for (const { measure, value, aim } of [...measures, ...(await measureDeadCluster(folder))])
    say(`| ${measure} | ${value} | ${aim} |`);
  say('\nThe phases of the lone launches, by their receipts, median / worst:\n');
  for (const line of phases) say(line);
}

/** The local cloud's cost per node in pools of several sizes: if it grows with the pool, some part is not linear. */
async function benchPools(assembly: string): Promise<void> {
  const pool = (nodes: number) => async () => {
    const { world, wallMs, ended } = await runPool(assembly, nodes, nodes * 50);
    await world.stop();
    if (!ended) throw new Error(`a pool of ${nodes} did not end`);
    return wallMs / nodes;
  };
  await pool(5)();
  const sizes = [200];
  const measured = await inTurn(pool(20), new Map(sizes.map((size) => [`${size}`, pool(size)])), 3);
  say('\nlocal cloud, modelled machines: time for each node, against a pool of 20');
  for (const [size, { median, ratio }] of measured) {
    say(`${size.padStart(5)} nodes: ${ms(median)} a node, ${times(ratio)}`);
  }
}

try {
  const { assembly } = await synthesizeSimulated(folder);
  await benchOrchestration(assembly);
  // The other tables need the machine to themselves.
  if (process.argv[2] !== 'orchestration') {
    await benchSynthesis();
    await benchPools(assembly);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
