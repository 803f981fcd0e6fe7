import { afterAll, beforeAll, expect, it } from 'vitest';
import { Kubernetes } from '../../../lambdas/adapters/kubernetes.ts';
import { Conflict, Forbidden, NotFound, Unreachable } from '../../../lambdas/adapters/kubernetes-errors.ts';
import { ask } from '../../../packages/local-kubernetes/client.ts';
import { nodeBody, startCluster, type TestCluster } from '../../kubernetes/cluster.ts';

let cluster: TestCluster;
let api: Kubernetes;
beforeAll(async () => {
  cluster = await startCluster();
  const { endpoint, caPem, token } = await cluster.asGatekeeper();
  api = new Kubernetes({ endpoint, caPem, token: token ?? '' });
  await ask(cluster.admin, 'POST', '/api/v1/nodes', nodeBody('one', { pool: 'a' }));
});
afterAll(async () => {
  await api.close();
  await cluster.stop();
});

it('a Node is returned as the cluster has it; a missing one is undefined', async () => {
  const node = await api.readNode('one');

  expect(node).toMatchObject({ name: 'one', providerId: 'aws:///eu-central-1a/i-one', createdAt: expect.any(Number) });
  expect(node?.taints?.[0]).toMatchObject({ key: 'airlock.dev/bootstrap', value: 'true', effect: 'NoSchedule' });
  expect(Math.abs((node?.createdAt ?? 0) - cluster.clock.now())).toBeLessThan(120_000);
  expect(node).not.toHaveProperty('handlers');
  expect(await api.readNode('none')).toBeUndefined();
});

it('all Nodes with a label are listed page by page, and none without it', async () => {
  for (let index = 0; index < 505; index++) {
    const name = `page-${String(index).padStart(3, '0')}`;
    await ask(cluster.admin, 'POST', '/api/v1/nodes', nodeBody(name, { paged: 'yes' }));
  }

  const { items } = await api.listAllNodes('paged');

  expect(items.length).toBe(505);
  expect(new Set(items.map(({ name }) => name)).size).toBe(505);
  expect(items.at(-1)).toMatchObject({ name: 'page-504', createdAt: expect.any(Number) });
  expect(cluster.api.counts.get('kubernetes:list nodes')).toBe(2);
});

it('a failed test is a Conflict, a missing Node is NotFound', async () => {
  await expect(api.patchNode('one', [{ op: 'test', path: '/metadata/uid', value: 'x' }])).rejects.toThrow(Conflict);
  await expect(api.patchNode('none', [])).rejects.toThrow(NotFound);
});

it.each([
  [401, Forbidden],
  [403, Forbidden],
  [500, Unreachable],
  [503, Unreachable],
] as const)("HTTP %i becomes its class, with the API's message", async (code, type) => {
  cluster.api.faults.plant(() => true, { kind: 'status', code }, 1);

  const error = await api.readNode('one').catch((reason: unknown) => reason);

  expect(error).toBeInstanceOf(type);
  expect(String(error)).toMatch(new RegExp(`HTTP ${code}: \\S+`));
});

it('429 includes how long the API asks clients to wait', async () => {
  cluster.api.faults.plant(() => true, { kind: 'status', code: 429, retryAfterSeconds: 7 }, 1);

  await expect(api.readNode('one')).rejects.toMatchObject({ name: 'Unreachable', retryAfterMs: 7_000 });
});

it('a server with a certificate of another authority gets no request and no token', async () => {
  const other = await startCluster();
  const wrong = new Kubernetes({ endpoint: cluster.api.endpoint, caPem: other.api.caPem, token: 'secret-token' });
  const before = [...cluster.api.counts.values()].reduce((sum, times) => sum + times, 0);

  const error = await wrong.readNode('one').catch((reason: unknown) => reason);

  expect(error).toBeInstanceOf(Unreachable);
  expect([...cluster.api.counts.values()].reduce((sum, times) => sum + times, 0)).toBe(before);
  await wrong.close();
  await other.stop();
});

it('no error contains the token', async () => {
  const secret = 'k8s-aws-v1.c2VjcmV0';
  const wrong = new Kubernetes({ endpoint: cluster.api.endpoint, caPem: cluster.api.caPem, token: secret });

  const error = await wrong.readNode('one').catch((reason: unknown) => reason);

  expect(error).toBeInstanceOf(Forbidden);
  expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('c2VjcmV0');
  await wrong.close();
});
