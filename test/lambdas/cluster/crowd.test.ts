import { expect, test } from 'vitest';
import { eksToken } from '../../../lambdas/adapters/eks-token.ts';
import { Kubernetes } from '../../../lambdas/adapters/kubernetes.ts';
import { release } from '../../../lambdas/cluster/release.ts';
import { Controllers } from '../../../local/kubernetes/controllers.ts';
import { Kubelet } from '../../../local/kubernetes/kubelet.ts';
import { clusterName, credentials, region, startStandIn } from '../../local/kubernetes/cluster.ts';
import { gate, installation, runc, runsc } from './world.ts';

const size = 500;

test('500 nodes that are released within a minute, each by a pod, cost four requests on Nodes each at most', async () => {
  const cluster = await startStandIn();
  const { api, clock } = cluster;
  const controllers = new Controllers(api, clock);
  const launchedAt = new Date(clock.now()).toISOString();
  const deadline = new Date(clock.now() + 20 * 60_000).toISOString();
  const ends: string[] = [];
  const token = await eksToken({ cluster: clusterName, region, credentials, now: clock.now() });
  const kubernetes = new Kubernetes({ endpoint: api.endpoint, caPem: api.caPem, token, requestTimeoutMs: 60_000 });
  const one = (index: number) => {
    const instanceId = `i-${index.toString(16).padStart(17, '0')}`;
    const nodeName = `ip-10-0-${index >> 8}-${index & 255}`;
    const providerId = `aws:///eu-central-1a/${instanceId}`;
    const node = { instanceId, nodeName, providerId, launchedAt, cluster: clusterName, pool: 'sandboxes', deadline };
    const kubelet = new Kubelet({
      api,
      clock,
      machine: {
        handlers: async () => [runc, runsc],
        boot: async () => ({ bootId: installation.host.bootId, kernel: installation.host.kernel }),
      },
      node: { name: nodeName, providerId, labels: { 'airlock.dev/runtime': 'gvisor' }, taints: [gate] },
      onReady: () => controllers.nodeReady(nodeName),
    });
    clock.after(index * 20, () => void kubelet.join());
    // The node is Ready by then, so nothing is waited for: over one minute for all of them.
    clock.after(12_000 + index * 100, () => void released(node));
  };
  const released = async (node: Parameters<typeof release>[0]['node']) => {
    await release(
      { action: 'release', node, installation },
      {
        api: kubernetes,
        time: { now: () => clock.now(), sleep: (ms) => clock.sleep(ms), random: () => 0.5 },
        gateKey: gate.key,
        proof: 'pod',
        ended: ({ outcome }) => ends.push(outcome),
        warn: () => {},
      },
    );
  };
  for (let index = 0; index < size; index++) one(index);
  const began = clock.now();

  await clock.run(() => ends.length === size, began + 5 * 60_000);

  const lasted = clock.now() - began;
  const count = (name: string) => api.counts.get(`kubernetes:${name}`) ?? 0;
  expect([new Set(ends), ends.length]).toEqual([new Set(['released']), size]);
  expect(api.nodes().filter(({ spec }) => spec?.taints?.some(({ key }) => key === gate.key))).toEqual([]);
  expect(count('get nodes') + count('list nodes') + count('patch nodes')).toBeLessThanOrEqual(4 * size);
  expect(count('patch nodes')).toBe(size);
  expect(lasted).toBeLessThanOrEqual(70_000);
  await kubernetes.close();
  await cluster.stop();
}, 300_000);
