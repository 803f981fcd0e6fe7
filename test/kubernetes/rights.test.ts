import { afterAll, beforeAll, expect, it } from 'vitest';
import { clusterRules, eventRules, proofRules, publishRules } from '../../kubernetes/rights.ts';
import { Kubernetes } from '../../lambdas/adapters/kubernetes.ts';
import { startCluster, type TestCluster } from './cluster.ts';

let cluster: TestCluster;
beforeAll(async () => {
  // The kind of gate that needs the most rights.
  cluster = await startCluster({ gate: 'readiness.k8s.io/airlock' });
});
afterAll(() => cluster.stop());

/** Calls every method of the adapter once; a method that is missing here makes the test fail. */
const calls: Readonly<Record<string, (api: Kubernetes) => Promise<unknown>>> = {
  readNode: (api) => api.readNode('x'),
  listAllNodes: (api) => api.listAllNodes('a'),
  watchNodes: (api) => api.watchNodes('a', '0', () => {}, AbortSignal.timeout(500)),
  listPods: (api) => api.listPods(),
  watchPods: (api) => api.watchPods('0', () => {}, AbortSignal.timeout(500)),
  listNodes: (api) => api.listNodes('a', 1),
  patchNode: (api) => api.patchNode('x', []),
  createEvent: (api) =>
    api.createEvent({ node: { name: 'x', uid: 'u' }, type: 'Normal', reason: 'R', message: 'm', at: 0 }),
  patchNodeStatus: (api) => api.patchNodeStatus('x', []),
  createPod: (api) => api.createPod({ name: 'x', nodeName: 'n', runtime: 'gvisor', image: 'pause' }),
  deletePod: (api) => api.deletePod('x'),
  podWarning: (api) => api.podWarning('u'),
  listDaemonSets: (api) => api.listDaemonSets(),
  close: (api) => api.close(),
};

it('the verbs that the adapter uses are the verbs that the manifests grant, both ways', async () => {
  const { endpoint, caPem, token } = await cluster.asGatekeeper();
  const api = new Kubernetes({ endpoint, caPem, token: token ?? '' });

  const methods = Object.getOwnPropertyNames(Kubernetes.prototype).filter((name) => name !== 'constructor');
  expect(Object.keys(calls).sort()).toEqual(methods.sort());
  for (const call of Object.values(calls)) await call(api).catch(() => undefined);

  const used = [...cluster.api.counts.keys()].map((name) => name.replace('kubernetes:', '')).sort();
  const granted = [...clusterRules, ...publishRules, ...eventRules, ...proofRules].flatMap(({ verbs, resources }) =>
    verbs.flatMap((verb) => (resources ?? []).map((resource) => `${verb} ${resource}`)),
  );
  expect(used).toEqual(granted.sort());
});

it('no rule has a wildcard', () => {
  expect(JSON.stringify([clusterRules, publishRules, eventRules, proofRules])).not.toContain('*');
});
