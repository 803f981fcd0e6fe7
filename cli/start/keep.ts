import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Simulation } from '../../packages/lab/simulation.ts';
import { serve } from '../../packages/local-aws/server.ts';
import type { KubernetesStandIn } from '../../packages/local-kubernetes/stand-in.ts';

/** A simulation that other programs can reach. */
export interface ReachedSimulation {
  /** Environment variables for AWS tools and kubectl. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Serves a simulation's account, and writes a kubeconfig for its clusters. */
export async function reach({ cloud, clusters }: Simulation): Promise<ReachedSimulation> {
  const served = await serve(cloud);
  const folder = mkdtempSync(join(tmpdir(), 'airlock-keep-'));
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, stringify(kubeconfigOf(clusters)), { mode: 0o600 });
  return {
    environment: { ...served.environment, KUBECONFIG: kubeconfig },
    close: async () => {
      await served.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/**
 * Keeps a simulation running until you end it, and prints how other tools reach it.
 *
 * @param say prints a line
 */
export async function keep(world: Simulation, say: (line: string) => void): Promise<void> {
  const reached = await reach(world);
  try {
    say('\nThe local cloud keeps running. In another terminal:');
    for (const [name, value] of Object.entries(reached.environment)) say(`export ${name}=${value}`);
    say('\nCtrl-C ends it.');
    await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  } finally {
    await reached.close();
  }
}

/** A kubeconfig with an administrator for each cluster; the first cluster is the current one. */
function kubeconfigOf(clusters: ReadonlyMap<string, KubernetesStandIn>): object {
  const all = [...clusters];
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': all[0]?.[0] ?? '',
    clusters: all.map(([name, { endpoint, caBase64 }]) => ({
      name,
      cluster: { server: endpoint, 'certificate-authority-data': caBase64 },
    })),
    users: all.map(([name, cluster]) => ({
      name,
      user: { token: cluster.tokenFor('administrator', ['system:masters']) },
    })),
    contexts: all.map(([name]) => ({ name, context: { cluster: name, user: name } })),
  };
}
