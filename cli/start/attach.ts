import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { poolLabel } from '../../domain/kubernetes.ts';
import { ConfigError } from '../../lib/config/config-error.ts';
import type { Config } from '../../lib/config/schema.ts';
import { defaultConfig, loadSettings } from '../../lib/config/settings.ts';
import { AttachedMachine } from '../../packages/lab/machines.ts';
import { planOf, Simulation } from '../../packages/lab/simulation.ts';
import { RealClock } from '../../packages/local-aws/clock.ts';
import { nodesIn } from '../../packages/local-kubernetes/attached-cluster.ts';
import { synthesize } from '../synthesize.ts';
import { nodeProfile } from './instance-profile.ts';
import type { StartOptions } from './options.ts';
import type { SimulationSetup } from './setup.ts';

/** The cluster has no node to take. The message states what is accepted. */
export class NothingToAttach extends Error {
  override readonly name = 'NothingToAttach';
}

/** The options of a run with a running cluster. */
export interface AttachOptions extends Pick<StartOptions, 'config'> {
  readonly kubeconfig: string;
  /** The command that runs a shell on the node `{node}`. */
  readonly command: string;
  /** A catalogue in place of the project's own. */
  readonly catalogue?: string;
}

/**
 * Synthesizes the app and starts a simulation in which the first cluster of `airlock.yaml` is a running one: its gated
 * nodes are the launches, and documents run on them through a command.
 *
 * @param report receives a line per step
 * @throws ConfigError, SynthesisRefused, KubeconfigRefused, NothingToAttach, or the error with which the local cloud
 * rejects the template
 */
export async function attach(options: AttachOptions, report: (step: string) => void): Promise<SimulationSetup> {
  const { kubeconfig, command, catalogue } = options;
  const configFile = options.config ?? defaultConfig;
  const { config: read } = loadSettings({ config: configFile, catalogue });
  const { clusters, gate, deadlineMinutes } = read;
  if (read.artifacts === 'mirror') {
    throw new ConfigError(
      `${configFile}: artifacts: is "mirror"; accepted here: upstream, because the nodes of a running cluster do not reach the local cloud's bucket`,
    );
  }
  const { name: cluster, instanceProfiles } = clusters.find(({ endpoint }) => endpoint === undefined) ?? {};
  if (cluster === undefined) {
    throw new ConfigError(
      `${configFile}: clusters: every cluster has an endpoint; accepted here: at least one cluster without, to attach`,
    );
  }
  const nodes = await nodesIn(kubeconfig, poolLabel);
  const plans = nodes.map((node) => planOf(node, { cluster, gate, instanceProfile: nodeProfile(instanceProfiles) }));
  for (const reason of plans) if (typeof reason === 'string') report(`skipped: ${reason}`);
  const taken = plans.filter((plan) => typeof plan === 'object');
  if (taken.length === 0) {
    const seen =
      nodes.length === 0 ? `no node with the label ${poolLabel}` : `${nodes.length} nodes, none of them gated`;
    const accepted = `nodes with that label, the taint ${gate} and a providerID aws:///<zone>/<instance-id>`;
    throw new NothingToAttach(`${kubeconfig}: the cluster has ${seen}; accepted: ${accepted}`);
  }
  const folder = mkdtempSync(join(tmpdir(), 'airlock-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  let world: Simulation | undefined;
  try {
    report('synthesizing the app');
    const config = join(folder, 'airlock.yaml');
    writeFileSync(config, ofOneCluster(read, { name: cluster, instanceProfiles }));
    const assembly = join(folder, 'cdk.out');
    await synthesize({ assembly, config, ...(catalogue === undefined ? {} : { catalogue }) });

    report('starting the local cloud over cdk.out');
    const running = await Simulation.start({
      assembly,
      clock: new RealClock(),
      clusters: [],
      attached: new Map([[cluster, kubeconfig]]),
      machine: () => Promise.reject(new Error('a running cluster launches no further nodes')),
    });
    world = running;
    return {
      world: running,
      launch: async () => taken.map((plan) => running.adopt(plan, new AttachedMachine(command, plan.nodeName ?? ''))),
      patienceMs: (deadlineMinutes + 10) * 60_000,
      backends: { kubernetes: running.attached.get(cluster)?.backend ?? 'none', machine: `attached (${command})` },
      stop: async () => {
        await running.stop();
        remove();
      },
    };
  } catch (error) {
    await world?.stop();
    remove();
    throw error;
  }
}

/**
 * The configuration with only that cluster, whose manifests you apply yourself: a temporary deployment should leave
 * nothing in a cluster that stays.
 */
function ofOneCluster(config: Config, cluster: Pick<Config['clusters'][number], 'name' | 'instanceProfiles'>): string {
  return stringify({ ...config, clusters: [cluster], manifests: 'manual' });
}
