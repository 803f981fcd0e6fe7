import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Simulation } from '../../packages/lab/simulation.ts';
import { serve } from '../../packages/local-aws/server.ts';
import type { KubernetesStandIn } from '../../packages/local-kubernetes/stand-in.ts';

/**
 * Keeps a simulation running until you end it, and prints how other tools reach it.
 *
 * @param say prints a line
 */
export async function keep({ cloud, clusters }: Simulation, say: (line: string) => void): Promise<void> {
  const served = await serve(cloud);
  const folder = mkdtempSync(join(tmpdir(), 'airlock-keep-'));
  try {
    const kubeconfig = join(folder, 'kubeconfig');
    writeFileSync(kubeconfig, stringify(kubeconfigOf(clusters)), { mode: 0o600 });
    say('\nThe local cloud keeps running. In another terminal:');
    for (const [name, value] of Object.entries({ ...served.environment, KUBECONFIG: kubeconfig })) {
      say(`export ${name}=${value}`);
    }
    say('\nCtrl-C ends it.');
    await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  } finally {
    await served.close();
    rmSync(folder, { recursive: true });
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
