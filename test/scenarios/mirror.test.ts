import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { synthesizeSimulated } from '../../cli/synthesize.ts';
import { SimulatedMachine } from '../../packages/lab/machines.ts';
import { bucketSite, startMirror, upstreamSites } from '../../packages/lab/releases.ts';
import { karpenterNode, type Simulation, startModelled } from '../../packages/lab/simulation.ts';
import { gate } from './scenario.ts';

let folder: string;
let assembly: string;

/** An installation with a mirror. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'airlock-mirror-'));
  const config = join(folder, 'airlock.yaml');
  writeFileSync(config, 'clusters: [{name: demo}]\nruntimes: {gvisor: {}}\nartifacts: mirror\n');
  ({ assembly } = await synthesizeSimulated(folder, { config }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function deployed(): Promise<Simulation> {
  let world: Simulation | undefined;
  const site = bucketSite(() => world?.cloud as Simulation['cloud']);
  const endpoint = await startMirror({}, site);
  world = await startModelled(assembly, {
    machine: () => SimulatedMachine.create({}, endpoint),
    internet: upstreamSites(),
  });
  onTestFinished(async () => {
    await world?.stop();
    await endpoint.close();
  });
  return world;
}

it('a node that reaches nothing but the bucket is released', async () => {
  const world = await deployed();
  const node = await world.launch(karpenterNode('demo', gate));
  await world.settle(40 * 60_000);

  expect(world.report(node)).toMatchObject({ outcome: 'released', detail: '' });
});
