import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Answered, ask, type Connection } from '../client.ts';
import { nodeBody, type StandInCluster, startStandIn } from './cluster.ts';

let cluster: StandInCluster;
let admin: Connection;
let operator: Connection;
beforeAll(async () => {
  cluster = await startStandIn();
  admin = cluster.admin;
});
beforeEach(async () => {
  operator = await cluster.asRole();
  cluster.api.faults.clear();
});
afterAll(() => cluster.stop());

it.each<[string, () => Promise<Answered>, number]>([
  ['another kind of patch', () => ask(admin, 'PATCH', '/api/v1/nodes/x', {}, 'application/merge-patch+json'), 415],
  ['a watch of what no one here watches', () => ask(admin, 'GET', '/api/v1/events?watch=1'), 405],
  ['an unknown parameter', () => ask(admin, 'GET', '/api/v1/nodes?timeoutSeconds=1'), 400],
  ['a put', () => ask(admin, 'PUT', '/api/v1/nodes/x', {}), 405],
  ['leases', () => ask(admin, 'GET', '/apis/coordination.k8s.io/v1/leases'), 404],
])('%s is refused by name and remembered', async (_what, request, code) => {
  const before = cluster.api.refusals.length;

  const answer = await request();

  expect(answer.code).toBe(code);
  expect(cluster.api.refusals).toHaveLength(before + 1);
});

it('requests of AWS roles are counted by name, those of kubelets and administrators are not', async () => {
  const before = cluster.api.counts.get('kubernetes:get nodes') ?? 0;

  await ask(operator, 'GET', '/api/v1/nodes/x');
  await ask(admin, 'GET', '/api/v1/nodes/x');

  expect(cluster.api.counts.get('kubernetes:get nodes')).toBe(before + 1);
});

it('planted faults are answered as the real server would, as many times as they were planted', async () => {
  cluster.api.faults.plant(() => true, { kind: 'status', code: 429, retryAfterSeconds: 3 }, 1);
  const busy = await ask(operator, 'GET', '/api/v1/nodes');
  const calm = await ask(operator, 'GET', '/api/v1/nodes');
  cluster.api.faults.plant(() => true, { kind: 'drop', when: 'before' }, 1);

  expect(busy.code).toBe(429);
  expect(busy.headers['retry-after']).toBe('3');
  expect(calm.code).toBe(200);
  await expect(ask(operator, 'GET', '/api/v1/nodes')).rejects.toThrow();
});

it('a dry run of a patch is checked like any other, and changes nothing', async () => {
  await ask(admin, 'POST', '/api/v1/nodes', nodeBody('dry'));
  const change = (patch: object[]) => ask(admin, 'PATCH', '/api/v1/nodes/dry?dryRun=All', patch);

  const good = await change([{ op: 'add', path: '/metadata/labels/a', value: 'b' }]);
  const bad = await change([{ op: 'test', path: '/metadata/labels/a', value: 'b' }]);

  expect(good.code).toBe(200);
  expect(good.body).toMatchObject({ metadata: { labels: { a: 'b' } } });
  expect(bad.code).toBe(422);
  expect(cluster.api.node('dry')?.metadata.labels).not.toHaveProperty('a');
});

it('a patch whose answer is cut off took effect anyway', async () => {
  await ask(admin, 'POST', '/api/v1/nodes', nodeBody('cut'));
  cluster.api.faults.plant(({ verb }) => verb === 'patch', { kind: 'drop', when: 'mid-answer' }, 1);

  await expect(
    ask(admin, 'PATCH', '/api/v1/nodes/cut', [{ op: 'add', path: '/metadata/labels/a', value: 'b' }]),
  ).rejects.toThrow();

  expect(cluster.api.node('cut')?.metadata.labels).toMatchObject({ a: 'b' });
});
