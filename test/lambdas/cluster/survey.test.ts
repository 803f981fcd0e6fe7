import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Survey } from '../../../domain/survey.ts';
import { Kubernetes } from '../../../lambdas/adapters/kubernetes.ts';
import { systemTime } from '../../../lambdas/adapters/time.ts';
import { survey } from '../../../lambdas/cluster/survey.ts';
import { ask as http } from '../../../packages/local-kubernetes/client.ts';
import { clusterName, nodeBody } from '../../kubernetes/cluster.ts';
import { gate, World } from './world.ts';

let world: World;
let api: Kubernetes;
beforeEach(async () => {
  world = await World.start();
  const { endpoint, caPem, token = '' } = await world.cluster.asGatekeeper();
  api = new Kubernetes({ endpoint, caPem, token });
});
afterEach(async () => {
  await api.close();
  await world.stop();
});

const ask = (limit?: number, next?: string): Promise<Survey> =>
  survey(
    { action: 'survey', ...(limit === undefined ? {} : { limit }), ...(next === undefined ? {} : { next }) },
    { api, cluster: clusterName, gateKey: gate.key, time: systemTime },
  );

it('the nodes of our pools are returned page by page, and no other', async () => {
  const join = (name: string, labels?: Record<string, string>) =>
    http(world.cluster.admin, 'POST', '/api/v1/nodes', nodeBody(name, labels));
  for (let index = 0; index < 5; index++) await join(`ours-${index}`, { 'airlock.dev/runtime': 'kata' });
  const theirs = nodeBody('theirs') as { metadata: { labels: object } };
  await http(world.cluster.admin, 'POST', '/api/v1/nodes', { ...theirs, metadata: { name: 'theirs' } });

  const first = await ask(3);
  const second = await ask(3, first.next);

  expect([...first.nodes, ...second.nodes].map(({ nodeName }) => nodeName)).toEqual([
    'ours-0',
    'ours-1',
    'ours-2',
    'ours-3',
    'ours-4',
  ]);
  expect(first.cluster).toEqual(clusterName);
  expect(second.next).toBeUndefined();
  expect(world.count('list nodes')).toBe(2);
});

it('one node is reported as gated, released and drifted over its life', async () => {
  await world.join();
  const states = [(await ask()).nodes[0]?.state];
  await world.release();
  const [released] = (await ask()).nodes;
  states.push(released?.state);
  await world.controllers.change(world.node.nodeName, () => [
    { op: 'remove', path: '/metadata/labels/node-restriction.kubernetes.io~1airlock-runtime' },
  ]);
  states.push((await ask()).nodes[0]?.state);

  expect(states).toEqual(['gated', 'released', 'drifted']);
  expect(released?.instanceId).toBe(world.node.instanceId);
});

it.each([
  [403, 'cluster-forbidden'],
  [503, 'cluster-unreachable'],
] as const)('HTTP %i ends it as %s after one request', async (code, name) => {
  world.cluster.api.faults.plant(({ aws }) => aws, { kind: 'status', code });

  await expect(ask()).rejects.toMatchObject({ name });
  expect(world.count('list nodes')).toBe(1);
});
