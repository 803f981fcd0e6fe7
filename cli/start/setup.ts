import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { runtimeTag } from '../../domain/tags.ts';
import { renderManifests } from '../../kubernetes/manifests.ts';
import { ConfigError } from '../../lib/config/config-error.ts';
import { manifestOptions } from '../../lib/config/manifest-options.ts';
import { defaultConfig, loadSettings } from '../../lib/config/settings.ts';
import { isMachineFault, plantFaults } from '../../packages/lab/faults.ts';
import { FaultyMachine, hostProgram } from '../../packages/lab/machines.ts';
import { bucketSite, type Mirror, startMirror, upstreamSites } from '../../packages/lab/releases.ts';
import { karpenterNode, type LaunchedNode, Simulation } from '../../packages/lab/simulation.ts';
import { type Clock, RealClock, VirtualClock } from '../../packages/local-aws/clock.ts';
import { operator } from '../../packages/local-aws/server.ts';
import { synthesizeSimulated } from '../synthesize.ts';
import { nodeProfile } from './instance-profile.ts';
import { machinesOf } from './machines.ts';
import type { StartOptions } from './options.ts';
import { requireRuntime } from './runtime.ts';

/** Delays for a run that people watch, and for a run on the virtual clock, on which waiting costs nothing. */
const paces = {
  real: { agentAfterMs: 1_500, joinAfterMs: 3_000, pendingMs: 500, readyAfterMs: 1_000 },
  virtual: { agentAfterMs: 25_000, joinAfterMs: 40_000, pendingMs: 8_000, readyAfterMs: 10_000 },
} as const;

/** Programs that the node scripts call and that a small image may lack. */
const needed = ['bash', 'curl', 'flock', 'tar'];

/** This machine lacks programs. The message states what to install. */
export class MachineLacks extends Error {
  override readonly name = 'MachineLacks';
}

/** Everything that `airlock start` works with. */
export interface SimulationSetup {
  readonly world: Simulation;
  /**
   * Launches the run's nodes.
   *
   * @param runtime the value of their tag airlock:runtime, if it is not that of the run
   */
  launch(runtime?: string): Promise<readonly LaunchedNode[]>;
  /** How long to wait for the nodes, in milliseconds on the simulation's clock: their deadline plus a margin. */
  readonly patienceMs: number;
  readonly backends: { readonly kubernetes: string; readonly machine: string };
  stop(): Promise<void>;
}

/**
 * Synthesizes the app with a catalogue that has the stand-in artifacts' checksums, and starts a simulation around it.
 *
 * @param report receives a line per step
 * @throws ConfigError, SynthesisRefused, MachineLacks, HostError, OptionsRefused, or the error with which the local
 * cloud rejects the template
 */
export async function assemble(options: StartOptions, report: (step: string) => void): Promise<SimulationSetup> {
  const missing = needed.filter((program) => hostProgram(program) === undefined);
  if (missing.length > 0) {
    const list = missing.join(' and ');
    throw new MachineLacks(
      `this machine has no ${list}, which the node scripts call; install them, for instance with apt-get`,
    );
  }
  const configFile = options.config ?? defaultConfig;
  const { config, versions } = loadSettings({ config: configFile });
  requireRuntime(options.runtime, versions);
  const clusters = config.clusters.filter(({ endpoint }) => endpoint === undefined).map(({ name }) => name);
  const [cluster] = clusters;
  if (cluster === undefined) {
    const seen = config.clusters.map(({ name, endpoint }) => `${name} at ${endpoint}`).join(', ');
    throw new ConfigError(
      `${configFile}: clusters: is ${seen}; accepted here: at least one cluster without an endpoint, for the local cloud to simulate`,
    );
  }
  const supply = await machinesOf(options, report);
  const folder = mkdtempSync(join(tmpdir(), 'airlock-'));
  const clock: Clock = options.clock === 'virtual' ? new VirtualClock() : new RealClock();
  const machines: string[] = [];
  let mirror: Mirror | undefined;
  try {
    report('synthesizing the app');
    const operated = operatedConfig(folder, configFile);
    const { assembly } = await synthesizeSimulated(folder, { config: operated, builders: supply.builders });

    report('starting the local cloud over cdk.out');
    // With a mirror, the deployment reaches upstream, and nodes reach nothing but the bucket.
    const isMirrored = config.artifacts === 'mirror';
    let started: Simulation | undefined;
    mirror = await startMirror(supply.builders, isMirrored ? bucketSite(() => started?.cloud) : undefined);
    const site = mirror;
    const world = await Simulation.start({
      assembly,
      clock,
      clusters,
      clusterSettings: Object.fromEntries(
        config.clusters.filter((one) => one.private).map(({ name }) => [name, { access: 'private' }]),
      ),
      // With `manifests: manual`, people apply them.
      manifests: config.manifests === 'manual' ? renderManifests(manifestOptions(config)) : [],
      ...(isMirrored ? { internet: upstreamSites(supply.builders) } : {}),
      machine: async () => {
        const machine = new FaultyMachine(await supply.create(site));
        machines.push(machine.description);
        return machine;
      },
    });
    started = world;
    const faultNames = options.fault.filter((name) => !isMachineFault(name));
    const planted = plantFaults(faultNames, world, cluster);
    const usual = karpenterNode(cluster, config.gate, {
      ...paces[options.clock],
      instanceProfile: nodeProfile(config.clusters.find(({ name }) => name === cluster)?.instanceProfiles),
      runtimeLabel: options.runtime.split('@')[0] ?? '',
      tags: { [runtimeTag]: options.runtime },
    });
    return {
      world,
      launch: async (runtime = options.runtime) => {
        const nodes: LaunchedNode[] = [];
        const own = { ...usual, tags: { ...usual.tags, [runtimeTag]: runtime } };
        for (let count = 0; count < options.nodes; count++) nodes.push(await world.launch(planted.plan(own)));
        return nodes;
      },
      patienceMs: (config.deadlineMinutes + 10) * 60_000,
      backends: {
        kubernetes: [...world.clusters.values()][0]?.backend ?? 'none',
        get machine() {
          return machines[0] ?? 'none';
        },
      },
      stop: async () => {
        await world.stop();
        await site.close();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    clock.stop();
    await mirror?.close();
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/**
 * A copy of an airlock.yaml in which the local cloud's operator is one, as a person's role would be.
 *
 * @returns its path
 */
function operatedConfig(folder: string, file: string): string {
  const path = join(folder, 'airlock.yaml');
  const settings = parse(readFileSync(file, 'utf8')) as { readonly operators?: readonly string[] | null };
  writeFileSync(path, stringify({ ...settings, operators: [...(settings.operators ?? []), operator] }));
  return path;
}
