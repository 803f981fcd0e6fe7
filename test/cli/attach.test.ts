import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { attach } from '../../cli/start/attach.ts';
import type { SimulationSetup } from '../../cli/start/setup.ts';
import { parseCatalogue } from '../../domain/catalogue.ts';
import { renderManifests } from '../../kubernetes/manifests.ts';
import { SimulatedMachine } from '../../packages/lab/machines.ts';
import { type Mirror, simulatedCatalogue, startMirror } from '../../packages/lab/releases.ts';
import { RealClock } from '../../packages/local-aws/clock.ts';
import { Controllers } from '../../packages/local-kubernetes/controllers.ts';
import { Kubelet } from '../../packages/local-kubernetes/kubelet.ts';
import { KubernetesStandIn } from '../../packages/local-kubernetes/stand-in.ts';

/**
 * A running cluster as `--kubeconfig` finds it: an API server, and nodes that joined earlier with the gate and a
 * providerID. The command enters a node's directory tree as `docker exec` enters a container.
 */
const clock = new RealClock();
const gate = { key: 'airlock.dev/bootstrap', effect: 'NoSchedule' };
let folder: string;
let cluster: KubernetesStandIn;
let mirror: Mirror;
let command: string;
const kubelets: Kubelet[] = [];
const machines: SimulatedMachine[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'airlock-attach-'));
  const project = new URL('../../ssm-documents/catalogue.yaml', import.meta.url);
  const catalogue = simulatedCatalogue(parseCatalogue(readFileSync(project, 'utf8')));
  writeFileSync(join(folder, 'catalogue.yaml'), stringify(catalogue));
  writeFileSync(join(folder, 'airlock.yaml'), 'clusters:\n  - name: lab\nruntimes: { gvisor: {} }\n');
  mirror = await startMirror();
  cluster = await KubernetesStandIn.start({
    clock,
    clusterName: 'elsewhere',
    accessEntries: [],
    secretOf: () => undefined,
    manifests: renderManifests({ runtimes: ['gvisor'] }),
  });
  await joined('lab-worker', 'aws:///lab-1a/i-0000000000000000a');
  await joined('lab-worker2', 'aws:///lab-1b/i-0000000000000000b');
  await joined('lab-worker3', 'kind://docker/lab/lab-worker3');
  const enter = join(folder, 'enter');
  writeFileSync(
    enter,
    `#!/bin/sh
tree=$(cat "${folder}/$1")
bins=$tree/usr/local/sbin:$tree/usr/local/bin:$tree/usr/sbin:$tree/usr/bin:$tree/sbin:$tree/bin:$tree/snap/bin
sed "s|^ROOT=''\\$|ROOT='$tree'|" | env -i HOME="$tree/root" PATH="$bins:$PATH" sh
`,
    { mode: 0o755 },
  );
  command = `${enter} {node}`;
});
afterAll(async () => {
  for (const kubelet of kubelets) kubelet.stop();
  for (const machine of machines) await machine.destroy();
  await cluster.stop();
  await mirror.close();
  clock.stop();
  rmSync(folder, { recursive: true });
});

async function joined(name: string, providerId: string): Promise<void> {
  const machine = await SimulatedMachine.create({}, mirror);
  machines.push(machine);
  writeFileSync(join(folder, name), machine.tree);
  const kubelet = new Kubelet({
    api: cluster,
    clock,
    machine,
    node: { name, providerId, labels: { 'airlock.dev/runtime': 'gvisor' }, taints: [gate] },
    readyAfterMs: 10,
    onReady: () => new Controllers(cluster, clock).nodeReady(name),
  });
  kubelets.push(kubelet);
  await kubelet.join();
  // A kubelet polls its container runtime; this one does so every second to keep the test short.
  const look = () => {
    kubelet.machineChanged();
    clock.after(1_000, look);
  };
  look();
}

/** A kubeconfig whose identity comes from a plugin, as for EKS and many labs. */
function kubeconfig(server = cluster.endpoint): string {
  const credential = {
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    status: { token: cluster.tokenFor('someone', ['system:masters']) },
  };
  const path = join(folder, 'kubeconfig');
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: 'echo',
    args: [JSON.stringify(credential)],
    interactiveMode: 'Never',
  };
  writeFileSync(
    path,
    stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'lab',
      clusters: [{ name: 'lab', cluster: { server, 'certificate-authority-data': cluster.caBase64 } }],
      users: [{ name: 'someone', user: { exec } }],
      contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'someone' } }],
    }),
  );
  return path;
}

const options = (file = kubeconfig()) => ({
  kubeconfig: file,
  command,
  config: join(folder, 'airlock.yaml'),
  catalogue: join(folder, 'catalogue.yaml'),
});

describe('a run against a running cluster', () => {
  let setup: SimulationSetup | undefined;
  afterAll(() => setup?.stop());

  it('treats its gated nodes as instances that have just launched, and releases them in that cluster', async () => {
    const steps: string[] = [];
    setup = await attach(options(), (step) => steps.push(step));

    const nodes = await setup.launch();
    const ended = await setup.world.settle(90_000);

    const reports = nodes.map((node) => setup?.world.report(node));
    expect(steps).toContain(
      'skipped: lab-worker3 has the providerID kind://docker/lab/lab-worker3; accepted: aws:///<zone>/<instance-id>',
    );
    expect(reports).toMatchObject([
      { instanceId: 'i-0000000000000000a', nodeName: 'lab-worker', outcome: 'released' },
      { instanceId: 'i-0000000000000000b', nodeName: 'lab-worker2', outcome: 'released' },
    ]);
    expect(ended).toBe(true);
    for (const name of ['lab-worker', 'lab-worker2']) {
      const { metadata, spec } = cluster.node(name) ?? {};
      expect(spec?.taints ?? []).toEqual([]);
      expect(metadata?.labels).toMatchObject({ 'node-restriction.kubernetes.io/airlock-runtime': 'gvisor' });
      expect(JSON.parse(metadata?.annotations?.['airlock.dev/receipt'] ?? '{}')).toMatchObject({
        outcome: 'released',
        cluster: 'lab',
        proof: { kind: 'pod' },
      });
    }
    expect(cluster.node('lab-worker3')?.spec?.taints).toEqual([gate]);
    expect(machines.map((machine) => machine.restarts())).toEqual([1, 1, 0]);
    expect(cluster.refusals).toEqual([]);
  });
});

/** An airlock.yaml with a gate that no node has. */
function otherGate(): string {
  const path = join(folder, 'other.yaml');
  writeFileSync(path, `${readFileSync(join(folder, 'airlock.yaml'), 'utf8')}gate: other/gate\n`);
  return path;
}

describe('a run cannot start', () => {
  const refusal = (file: string) =>
    attach(options(file), () => {}).catch((error: Error) => `${error.name}: ${error.message}`);

  it('without a kubeconfig, or with one that does not lead to a cluster', async () => {
    const empty = join(folder, 'empty');
    writeFileSync(empty, stringify({ apiVersion: 'v1', kind: 'Config', clusters: [], users: [], contexts: [] }));

    expect(await refusal(join(folder, 'missing'))).toMatch(
      /^KubeconfigRefused: .*missing: cannot be read: .*accepted: a kubeconfig$/,
    );
    expect(await refusal(empty)).toMatch(
      /^KubeconfigRefused: .*leads to no cluster; accepted: a cluster at an https address$/,
    );
  });

  it('if no node is gated, or none belongs to Airlock', async () => {
    const before = cluster.nodes().length;
    const file = kubeconfig();
    const none = await attach({ ...options(file), config: otherGate() }, () => {}).catch(
      (error: Error) => error.message,
    );

    expect(before).toBe(3);
    expect(none).toMatch(
      /: the cluster has 3 nodes, none of them gated; accepted: nodes with that label, the taint other\/gate /,
    );
  });

  it('if the cluster does not answer', async () => {
    expect(await refusal(kubeconfig('https://127.0.0.1:9'))).toMatch(
      /^KubeconfigRefused: .*: https:\/\/127\.0\.0\.1:9 does not answer: /,
    );
  });
});
