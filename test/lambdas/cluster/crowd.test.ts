import { expect, it } from 'vitest';
import type { Answer, TimedCall } from '../../../domain/messages.ts';
import { eksToken } from '../../../lambdas/adapters/eks-token.ts';
import { Kubernetes } from '../../../lambdas/adapters/kubernetes.ts';
import { performBatch } from '../../../lambdas/cluster/batch.ts';
import { ClusterView } from '../../../lambdas/cluster/view.ts';
import { Controllers } from '../../../packages/local-kubernetes/controllers.ts';
import { Kubelet } from '../../../packages/local-kubernetes/kubelet.ts';
import { clusterName, credentials, region, startStandIn } from '../../kubernetes/cluster.ts';
import { gate, holding, installation, runc, runsc } from './world.ts';

const size = 400;

it('400 nodes are released by one call, each by a pod, with four requests per node and two lists and two watches in total', async () => {
  const cluster = await startStandIn();
  const { api, clock } = cluster;
  const letGo = holding(clock);
  const controllers = new Controllers(api, clock);
  const launchedAt = new Date(clock.now()).toISOString();
  const deadline = new Date(clock.now() + 20 * 60_000).toISOString();
  const batch: TimedCall[] = [];
  for (let index = 0; index < size; index++) {
    const instanceId = `i-${index.toString(16).padStart(17, '0')}`;
    const nodeName = `ip-10-0-${index >> 8}-${index & 255}`;
    const providerId = `aws:///eu-central-1a/${instanceId}`;
    const launch = { instanceId, nodeName, providerId, launchedAt, cluster: clusterName, pool: 'sandboxes', deadline };
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
    await kubelet.join();
    batch.push({ call: { action: 'release', launch, installation }, askedAt: clock.now() });
  }
  await clock.run(() => false, clock.now() + 30_000);

  const token = await eksToken({ cluster: clusterName, region, credentials, now: clock.now() });
  const kubernetes = new Kubernetes({ endpoint: api.endpoint, caPem: api.caPem, token, requestTimeoutMs: 60_000 });
  const time = { now: () => clock.now(), sleep: (ms: number) => clock.sleep(ms), random: () => 0.5 };
  const view = new ClusterView(kubernetes, time);
  const answers: Answer[] = [];
  const began = clock.now();
  const ports = {
    api: kubernetes,
    view,
    time,
    endsAt: began + 10_000,
    gateKey: gate.key,
    proof: 'pod',
    released: () => {},
    warn: () => {},
  } as const;
  void performBatch(batch, ports, async (_, answer) => void answers.push(answer));
  await clock.run(() => answers.length === size, began + 60_000);

  const lasted = clock.now() - began;
  expect(new Set(answers.map(({ kind }) => kind))).toEqual(new Set(['done']));
  expect(api.nodes().filter(({ spec }) => spec?.taints?.some(({ key }) => key === gate.key))).toEqual([]);
  expect(Object.fromEntries(api.counts)).toEqual({
    'kubernetes:list nodes': 1,
    'kubernetes:watch nodes': 1,
    'kubernetes:list pods': 1,
    'kubernetes:watch pods': 1,
    'kubernetes:create pods': size,
    'kubernetes:delete pods': size,
    'kubernetes:patch nodes': size,
    'kubernetes:create events': size,
  });
  expect(lasted).toBeLessThanOrEqual(3_000);
  view.close();
  await kubernetes.close();
  letGo();
  await cluster.stop();
}, 300_000);
