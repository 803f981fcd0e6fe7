import { readFileSync } from 'node:fs';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { EC2Client } from '@aws-sdk/client-ec2';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { expect, inject, it, vi } from 'vitest';
import { firstRefusal, joinFacts, readRunning } from '../../cli/advisories/closing.ts';
import { printClosing } from '../../cli/advisories/closing-print.ts';
import { readTrailFacts } from '../../cli/advisories/closing-read.ts';
import { closingReport } from '../../cli/advisories/closing-schema.ts';
import { fleetNodes } from '../../cli/advisories/fleet-nodes.ts';
import { advisoriesReport, printAdvisories } from '../../cli/advisories/report.ts';
import { readFleet } from '../../cli/status/read-fleet.ts';
import { deployedResources } from '../../cli/verify-aws/stack.ts';
import { advisoryMark } from '../../domain/advisories.ts';
import { parseCatalogue } from '../../domain/catalogue.ts';
import { closeAdvisory, listUnseen } from '../../domain/closing-report.ts';
import { listExposures } from '../../domain/exposure.ts';
import { pack, unpack } from '../../domain/packed.ts';
import { parseConfig } from '../../lib/config/load.ts';
import { versionsOf } from '../../lib/config/versions.ts';
import { ModelledMachine, SimulatedMachine } from '../../packages/lab/machines.ts';
import { startMirror } from '../../packages/lab/releases.ts';
import type { Simulation } from '../../packages/lab/simulation.ts';
import { launch, pass, settle, startSimulation, timeline } from '../scenarios/scenario.ts';
import { served } from './served.ts';

const cve = 'CVE-2026-96812';
const config = parseConfig('clusters: [{name: demo}]');
/**
 * The catalogue of the deployment, in which the fix of gVisor's advisory came later: all its versions have the real
 * one.
 */
const catalogue = parseCatalogue(readFileSync(inject('catalogue'), 'utf8').replaceAll('20260824.0', '20260928.0'));
const settings = { config, catalogue };
const page = readFileSync(new URL('../../docs/operate/advisories.md', import.meta.url), 'utf8');

/** Deploys the catalogue: the functions that decide about versions get the new ones. */
function deployCatalogue(world: Simulation): void {
  const versions = versionsOf(config, catalogue);
  for (const [construct, name] of [
    ['Admission', 'ADMISSIBLE'],
    ['Reconcile', 'ADMISSIBLE'],
    ['Dispatch', 'VERSIONS'],
  ] as const) {
    const { ref } = world.cloud.resource(`${construct}/Function/Resource`);
    const { environment } = world.cloud.lambda.function(ref).settings;
    const before = unpack(environment[name] ?? '') as object;
    const after = name === 'VERSIONS' ? versions : { ...before, versions };
    world.cloud.lambda.update(ref, { environment: { ...environment, [name]: pack(after) } });
  }
}

/** What two commands of `airlock advisories` print about a simulation, without what differs between runs. */
async function player(world: Simulation) {
  const { source } = await served(world);
  const functions = new Map([['demo', world.cloud.resource('Cluster-demo/Cluster/Function/Resource').ref]]);
  const { region, endpoint, credentials } = source.dynamoDb.config;
  const reached = { region, credentials, ...(endpoint && { endpoint: await endpoint().then(urlOf) }) };
  const [lambda, ec2, cloudFormation] = [
    new LambdaClient(reached),
    new EC2Client(reached),
    new CloudFormationClient(reached),
  ];
  const whilePassing = async <T>(answer: Promise<T>): Promise<T> => {
    let isDone = false;
    void answer.finally(() => {
      isDone = true;
    });
    while (!isDone) {
      await pass(world, 10);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return answer;
  };
  const read = () =>
    whilePassing(readFleet({ dynamoDb: source.dynamoDb, ec2, lambda, table: source.table, functions }));
  const sinceOf = async (id: string) => {
    const resources = await whilePassing(deployedResources(cloudFormation));
    return resources.find(({ logicalId }) => logicalId === advisoryMark(id))?.changedAt ?? '';
  };
  const at = () => new Date(world.clock.now()).toISOString();
  return {
    async list(id: string) {
      const reading = await read();
      const all = listExposures(fleetNodes(reading, settings, world.clock.now()), catalogue);
      const own = all.filter(({ advisory }) => advisory.id === id);
      return printed(() =>
        printAdvisories(advisoriesReport(own, settings, { at: at(), notChecked: reading.notChecked })),
      );
    },
    async close(id: string) {
      const found = listExposures([], catalogue).find(({ advisory }) => advisory.id === id);
      if (found === undefined) throw new Error(`there is no ${id}`);
      const [reading, trail] = [await read(), await readTrailFacts(source.logs, source.group)];
      const input = joinFacts({ ...found, reading, trail, settings, keys: [], now: world.clock.now() });
      const nodes = closeAdvisory({ ...input, running: await whilePassing(readRunning(ec2, listUnseen(input))) });
      const knownSince = await sinceOf(id);
      const context = {
        ...found,
        knownSince,
        refusedSince: firstRefusal(input),
        at: at(),
        notChecked: reading.notChecked,
      };
      return printed(() => printClosing(closingReport(nodes, context)));
    },
  };
}

const urlOf = ({ protocol, hostname, port }: { protocol: string; hostname: string; port?: number | undefined }) =>
  `${protocol}//${hostname}:${port}`;

/** What is printed. */
function printed(show: () => void): string {
  const written: string[] = [];
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  try {
    show();
  } finally {
    spy.mockRestore();
  }
  return written.join('').trimEnd();
}

const timeOfDay = /\d\d:\d\d(:\d\d(\.\d{3})?Z)?/g;

/** What is printed about nodes, without ids and times of day. */
function linesOf(text: string): readonly string[] {
  return text
    .replaceAll(/i-[0-9a-f]{17}/g, '')
    .replaceAll(timeOfDay, 'hh:mm')
    .split('\n')
    .slice(4);
}

/** The console blocks of the page with what they print, in order. */
function blocksIn(text: string): readonly (readonly string[])[] {
  const blocks = text.matchAll(/^```console\n\$ npx airlock (advisories [^\n]+)\n([^`]+?)\n```$/gm);
  return [...blocks].map(([, command = '', output = '']) => [command, output]);
}

it('the page about advisories shows what the commands print about the same fleet', async () => {
  const mirror = await startMirror();
  const machines = [
    async () => new ModelledMachine(),
    () => SimulatedMachine.create({}, mirror),
    () => SimulatedMachine.create({}, mirror),
    async () => new ModelledMachine(),
    async () => new ModelledMachine(),
  ];
  const world = await startSimulation([], async () => (await machines.shift()?.()) ?? new ModelledMachine());
  const of = (runtime: string) => ({
    tags: { 'airlock:runtime': runtime, 'karpenter.sh/nodepool': runtime.split('@')[0] ?? '' },
    runtimeLabel: runtime.split('@')[0] ?? '',
  });
  const old = await launch(world, of('gvisor@20260921.0'));
  await launch(world, of('kata'));
  await launch(world, of('sysbox'));
  await settle(world);
  const play = await player(world);
  const names: string[] = [];
  const played: [string, string][] = [];
  // Ids are random, and the time of day depends on the machine.
  const record = async (command: string, output: Promise<string>) => {
    const text = (await output)
      .replaceAll(/i-[0-9a-f]{17}/g, (id) => {
        if (!names.includes(id)) names.push(id);
        return `i-${String(names.indexOf(id) + 1).padStart(17, '0')}`;
      })
      .replaceAll(timeOfDay, 'hh:mm');
    if (process.env['SHOW_PLAYED']) process.stderr.write(`\`\`\`console\n$ npx airlock ${command}\n${text}\n\`\`\`\n`);
    played.push([command, text]);
  };
  await record(`advisories ${cve}`, play.list(cve));
  await record('advisories kata-4.3.0-annotations', play.list('kata-4.3.0-annotations'));
  await record('advisories sysbox-0.7.2-read-only', play.list('sysbox-0.7.2-read-only'));
  deployCatalogue(world);
  await pass(world, 60_000);
  const refused = await launch(world, of('gvisor@20260921.0'));
  await pass(world, 1_000);
  const next = await launch(world, of('gvisor'));
  await settle(world);
  await record(`advisories --report ${cve}`, play.close(cve));
  const gone = Promise.all([old.terminate(), refused.terminate()]);
  await pass(world, 5 * 60_000);
  await gone;
  await record(`advisories --report ${cve}`, play.close(cve));
  // The ledger forgets after 90 days, and the trail does not.
  await world.services.dynamoDb.clear(world.cloud.resource('Ledger/Table/Resource').ref);
  const forgotten = await play.close(cve);
  await mirror.close();

  expect(world.report(refused).outcome).toBe('version-withdrawn');
  expect(timeline(world, next)).toContain('Node Released');
  const [, last = ''] = played.at(-1) ?? [];
  expect(linesOf(forgotten)).toEqual(linesOf(last));
  const pinned = world.audit().filter(({ detail }) => 'finding' in detail && detail.finding === 'pinned');
  expect(pinned.map(({ detail }) => detail.next)).toEqual(['operator']);
  const [, section = ''] = page.split('## The same month, played');
  expect(blocksIn(section)).toEqual(played);
}, 60_000);
