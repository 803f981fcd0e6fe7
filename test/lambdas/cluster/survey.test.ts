import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Survey } from '../../../domain/survey.ts';
import { Kubernetes } from '../../../lambdas/adapters/kubernetes.ts';
import { survey } from '../../../lambdas/cluster/survey.ts';
import { clusterName, nodeBody } from '../../local/kubernetes/cluster.ts';
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
    { api, cluster: clusterName, gateKey: gate.key },
  );

test('the nodes of our pools are told page by page, and no other', async () => {
  for (let index = 0; index < 5; index++)
    world.cluster.api.apply(nodeBody(`ours-${index}`, { 'airlock.dev/runtime': 'kata' }));
  world.cluster.api.apply(nodeBody('theirs'));

  const first = await ask(3);
  const second = await ask(3, first.next);

  expect([...first.nodes, ...second.nodes].map(({ nodeName }) => nodeName)).toEqual([
    'ours-0',
    'ours-1',
    'ours-2',
    'ours-3',
    'ours-4',
  ]);
  expect([first.cluster, second.next, world.count('list nodes')]).toEqual([clusterName, undefined, 2]);
});

test('one node is told as gated, released and drifted on its way, with what it was released by', async () => {
  await world.join();
  const states = [(await ask()).nodes[0]?.state];
  const { receipt } = await world.release();
  const [released] = (await ask()).nodes;
  states.push(released?.state);
  await world.controllers.change(world.node.nodeName, () => [
    { op: 'remove', path: '/metadata/labels/node-restriction.kubernetes.io~1airlock-runtime' },
  ]);
  states.push((await ask()).nodes[0]?.state);

  expect(states).toEqual(['gated', 'released', 'drifted']);
  expect(released).toMatchObject({
    instanceId: world.node.instanceId,
    receipt: { outcome: 'released', launchedAt: receipt?.launchedAt, release: receipt?.installation?.release },
  });
});

test('a page that is asked for too late goes on from where it was, with the nodes as they are by now', async () => {
  for (let index = 0; index < 4; index++)
    world.cluster.api.apply(nodeBody(`n-${index}`, { 'airlock.dev/runtime': 'kata' }));
  const first = await ask(2);
  world.cluster.api.apply(nodeBody('n-9', { 'airlock.dev/runtime': 'kata' }));
  await world.pass(6 * 60_000);

  const { token = '' } = await world.cluster.asGatekeeper();
  const later = new Kubernetes({ endpoint: world.cluster.api.endpoint, caPem: world.cluster.api.caPem, token });
  const second = await survey(
    { action: 'survey', next: first.next ?? '' },
    { api: later, cluster: clusterName, gateKey: gate.key },
  );
  await later.close();

  expect(second.nodes.map(({ nodeName }) => nodeName)).toEqual(['n-2', 'n-3', 'n-9']);
  expect(world.count('list nodes')).toBe(3);
});

test.each([
  [403, 'cluster-forbade'],
  [503, 'cluster-unreachable'],
] as const)('HTTP %i ends it as %s after one request', async (code, name) => {
  world.cluster.api.faults.plant(({ aws }) => aws, { kind: 'status', code });

  await expect(ask()).rejects.toMatchObject({ name });
  expect(world.count('list nodes')).toBe(1);
});
