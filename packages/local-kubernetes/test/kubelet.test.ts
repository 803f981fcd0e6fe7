import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask, type Connection, messageOf } from '../client.ts';
import { Controllers } from '../controllers.ts';
import { isReady, Kubelet } from '../kubelet.ts';
import type { RuntimeHandler } from '../node-machine.ts';
import { nodeBody, pass, type StandInCluster, startStandIn } from './cluster.ts';

const gate = { key: 'example.com/starting', value: 'true', effect: 'NoSchedule' };
const features = { recursiveReadOnlyMounts: true, userNamespaces: true };

let cluster: StandInCluster;
let asNode: Connection;
beforeAll(async () => {
  cluster = await startStandIn();
  asNode = cluster.connection(cluster.api.tokenFor('system:node:mine', ['system:nodes']));
  await ask(cluster.admin, 'POST', '/api/v1/nodes', nodeBody('mine'));
  await ask(cluster.admin, 'POST', '/api/v1/nodes', nodeBody('theirs'));
});
afterAll(() => cluster.stop());

function kubelet(name: string, handlers: () => readonly RuntimeHandler[] | undefined, taints = [gate]): Kubelet {
  return new Kubelet({
    api: cluster.api,
    clock: cluster.clock,
    machine: { handlers: async () => handlers() },
    node: { name, providerId: `aws:///eu-central-1a/i-${name}`, labels: { 'example.com/pool': 'sandboxed' }, taints },
  });
}

it('a kubelet joins with its labels and taints, becomes ready, and reports a new handler some seconds after it exists', async () => {
  let handlers = [{ name: 'runc', features }];
  const one = kubelet('joins', () => handlers);

  await one.join();
  const born = cluster.api.node('joins');
  await pass(cluster.clock, 10_000);
  const ready = cluster.api.node('joins');
  handlers = [...handlers, { name: 'runsc', features }];
  one.machineChanged();
  const early = cluster.api.node('joins');
  await pass(cluster.clock, 8_000);

  if (born === undefined || ready === undefined) throw new Error('the node did not join');
  expect(born.spec?.taints).toContainEqual(gate);
  expect(isReady(born)).toBe(false);
  expect(isReady(ready)).toBe(true);
  expect(early?.status?.runtimeHandlers?.map(({ name }) => name)).toEqual(['runc']);
  expect(cluster.api.node('joins')?.status?.runtimeHandlers?.map(({ name }) => name)).toEqual(['runc', 'runsc']);
});

it('a container runtime that does not report its handlers leaves the list out', async () => {
  await kubelet('silent', () => undefined).join();
  await pass(cluster.clock, 20_000);

  expect(cluster.api.node('silent')?.status).not.toHaveProperty('runtimeHandlers');
});

it('a kubelet that cannot reach the API joins as soon as it can', async () => {
  cluster.api.faults.plant(({ user }) => user === 'system:node:patient', { kind: 'drop', when: 'before' }, 3);
  const joined = kubelet('patient', () => undefined).join();

  await pass(cluster.clock, 14_000);
  expect(cluster.api.node('patient')).toBeUndefined();
  await pass(cluster.clock, 2_000);
  await joined;

  expect(cluster.api.node('patient')).toBeDefined();
});

it('Karpenter removes its own taint at registration and restores a startup taint that was removed earlier', async () => {
  const unregistered = { key: 'karpenter.sh/unregistered', value: '', effect: 'NoExecute' };
  await kubelet('karpenter', () => undefined, [gate, unregistered]).join();
  const controllers = new Controllers(cluster.api, cluster.clock);
  await controllers.change('karpenter', () => [{ op: 'add', path: '/spec/taints', value: [unregistered] }]);

  await controllers.karpenterRegisters('karpenter', 'sandboxes', [gate]);
  await controllers.nodeReady('karpenter');

  const node = cluster.api.node('karpenter');
  expect(node?.spec?.taints).toEqual([gate]);
  expect(node?.metadata.labels).toMatchObject({
    'karpenter.sh/registered': 'true',
    'karpenter.sh/nodepool': 'sandboxes',
  });
});

it.each<[string, string, unknown, string]>([
  ['remove a taint', 'mine', { op: 'remove', path: '/spec/taints/0' }, 'node "mine" is not allowed to modify taints'],
  [
    'set a label that only administrators may set',
    'mine',
    { op: 'add', path: '/metadata/labels/node-restriction.kubernetes.io~1trusted', value: 'yes' },
    'is not allowed to modify labels: node-restriction.kubernetes.io/trusted',
  ],
  [
    'set labels of Kubernetes itself',
    'mine',
    { op: 'add', path: '/metadata/labels/node-role.kubernetes.io~1x', value: '' },
    'is not allowed to modify labels',
  ],
  [
    'write another node',
    'theirs',
    { op: 'add', path: '/metadata/labels/a', value: 'b' },
    'node "mine" is not allowed to modify node "theirs"',
  ],
])("a kubelet's credentials cannot %s, not even through the status", async (_what, name, operation, words) => {
  for (const path of [`/api/v1/nodes/${name}`, `/api/v1/nodes/${name}/status`]) {
    const before = cluster.api.node(name)?.spec?.taints;
    const answer = await ask(asNode, 'PATCH', path, [operation]);

    if (path.endsWith('/status') && words.includes('taints')) {
      expect(cluster.api.node(name)?.spec?.taints).toEqual(before);
      continue;
    }
    expect(answer.code).toBe(403);
    expect(messageOf(answer)).toContain(words);
  }
});

it('a kubelet may set a label of another domain on its own node', async () => {
  const answer = await ask(asNode, 'PATCH', '/api/v1/nodes/mine', [
    { op: 'add', path: '/metadata/labels/a.example~1b', value: 'c' },
  ]);

  expect(answer.code).toBe(200);
});

it('a controller that cannot reach the API changes the node as soon as it can', async () => {
  await kubelet('late', () => undefined).join();
  const controllers = new Controllers(cluster.api, cluster.clock);
  cluster.api.faults.plant(({ user }) => user === 'system:kube-controller-manager', { kind: 'status', code: 503 }, 2);

  const changing = controllers.nodeReady('late');
  await pass(cluster.clock, 11_000);
  await changing;

  expect(cluster.api.node('late')?.spec?.taints).toEqual([gate]);
});

it('the node lifecycle controller runs when the node is ready', async () => {
  const controllers = new Controllers(cluster.api, cluster.clock);
  await new Kubelet({
    api: cluster.api,
    clock: cluster.clock,
    machine: { handlers: async () => undefined },
    node: { name: 'told', providerId: 'aws:///eu-central-1a/i-told', labels: {}, taints: [gate] },
    onReady: () => controllers.nodeReady('told'),
  }).join();
  expect(cluster.api.node('told')?.spec?.taints).toHaveLength(2);

  await pass(cluster.clock, 20_000);

  expect(cluster.api.node('told')?.spec?.taints).toEqual([gate]);
});
