import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Answered, ask, type Connection, messageOf } from '../../packages/local-kubernetes/client.ts';
import { nodeBody, startCluster, type TestCluster } from './cluster.ts';

let cluster: TestCluster;
let admin: Connection;
let gatekeeper: Connection;
beforeAll(async () => {
  cluster = await startCluster();
  admin = cluster.admin;
});
beforeEach(async () => {
  gatekeeper = await cluster.asGatekeeper();
  cluster.api.faults.clear();
});
afterAll(() => cluster.stop());

const create = (name: string, labels?: Record<string, string>) =>
  ask(admin, 'POST', '/api/v1/nodes', nodeBody(name, labels));
const patch = (name: string, operations: unknown, who: Connection = admin) =>
  ask(who, 'PATCH', `/api/v1/nodes/${name}`, operations);
const read = async (name: string) => cluster.api.node(name);
const event = (namespace: string, about = '') => ({
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { generateName: 'x.' },
  involvedObject: {
    apiVersion: 'v1',
    kind: 'Node',
    name: 'x',
    uid: 'u',
    ...(about === '' ? {} : { namespace: about }),
  },
  type: 'Normal',
  reason: 'AirlockReleased',
  message: namespace,
  reportingComponent: 'airlock',
  source: { component: 'airlock' },
});

it('each write gives a new resourceVersion, and a write without a change keeps the old one', async () => {
  await create('versions');
  const before = (await read('versions'))?.metadata.resourceVersion;

  await patch('versions', [{ op: 'add', path: '/metadata/labels/a', value: 'b' }]);
  const after = (await read('versions'))?.metadata.resourceVersion;
  await patch('versions', [{ op: 'add', path: '/metadata/labels/a', value: 'b' }]);

  expect(Number(after)).toBeGreaterThan(Number(before));
  expect((await read('versions'))?.metadata.resourceVersion).toBe(after);
});

it('an empty map is not stored, so nothing can be added to it', async () => {
  const { metadata, ...body } = nodeBody('empty') as { metadata: object };
  await ask(admin, 'POST', '/api/v1/nodes', { ...body, metadata: { ...metadata, labels: {}, annotations: {} } });

  const answer = await patch('empty', [{ op: 'add', path: '/metadata/annotations/a', value: 'b' }]);

  expect((await read('empty'))?.metadata.annotations).toBeUndefined();
  expect(answer.code).toBe(422);
  expect(messageOf(answer)).toBe('the server rejected our request due to an error in our request');
});

it('an empty list of managers removes them all', async () => {
  await create('managed');
  const before = (await read('managed'))?.metadata.managedFields ?? [];

  await patch('managed', [{ op: 'replace', path: '/metadata/managedFields', value: [{}] }]);

  expect(before.length > 0).toBe(true);
  expect((await read('managed'))?.metadata.managedFields).toBeUndefined();
});

it('a patch whose test fails changes nothing and is answered with 422', async () => {
  await create('tested');
  const before = await read('tested');

  const answer = await patch('tested', [
    { op: 'add', path: '/metadata/labels/a', value: 'b' },
    { op: 'test', path: '/spec/taints/0/key', value: 'someone.else/gate' },
  ]);

  expect(answer.code).toBe(422);
  expect(messageOf(answer)).toBe('the server rejected our request due to an error in our request');
  expect(await read('tested')).toEqual(before);
});

it('a patch of an older version is answered with 409', async () => {
  await create('older');
  const version = (await read('older'))?.metadata.resourceVersion;
  await patch('older', [{ op: 'add', path: '/metadata/labels/a', value: 'b' }]);

  const answer = await patch('older', [
    { op: 'replace', path: '/metadata/resourceVersion', value: version },
    { op: 'add', path: '/metadata/labels/c', value: 'd' },
  ]);

  expect(answer.code).toBe(409);
  expect(messageOf(answer)).toBe(
    'Operation cannot be fulfilled on nodes "older": the object has been modified; please apply your changes to the latest version and try again',
  );
});

it.each<[string, unknown, string]>([
  [
    'a label value of 64 characters',
    { path: '/metadata/labels/a', value: 'x'.repeat(64) },
    'must be no more than 63 bytes',
  ],
  ['a label with a bad key', { path: '/metadata/labels/a b', value: 'c' }, 'name part must consist of'],
  [
    'a taint without a known effect',
    { path: '/spec/taints/-', value: { key: 'a', effect: 'Never' } },
    'Unsupported value: "Never"',
  ],
  [
    'a taint that occurs twice',
    { path: '/spec/taints/-', value: { key: 'airlock.dev/bootstrap', effect: 'NoSchedule' } },
    'taints must be unique by key and effect pair',
  ],
  ['another providerID', { path: '/spec/providerID', value: 'aws:///a/i-2' }, 'may not change providerID'],
  ['another external id', { path: '/spec/externalID', value: 'x' }, 'spec.externalID: Forbidden: may not be updated'],
])('%s is answered with 422 that names it', async (name, change, words) => {
  const node = `invalid-${name.replaceAll(/[^a-z0-9]/g, '')}`;
  await create(node);

  const answer = await patch(node, [{ op: 'add', ...(change as object) }]);

  expect(answer.code).toBe(422);
  expect(messageOf(answer)).toContain(words);
});

it('a patch of the node cannot change its status, and a patch of its status cannot change its spec', async () => {
  await create('parts');

  await patch('parts', [{ op: 'add', path: '/status', value: { runtimeHandlers: [{ name: 'runsc' }] } }]);
  await ask(admin, 'PATCH', '/api/v1/nodes/parts/status', [{ op: 'remove', path: '/spec/taints' }]);

  expect((await read('parts'))?.status ?? {}).not.toHaveProperty('runtimeHandlers');
  expect((await read('parts'))?.spec?.taints).toHaveLength(2);
});

it('a new Node is born with the not-ready taint', async () => {
  await create('born');

  expect((await read('born'))?.spec?.taints).toContainEqual({
    key: 'node.kubernetes.io/not-ready',
    effect: 'NoSchedule',
  });
});

it('a list is selected by label and returned in pages', async () => {
  for (const name of ['page-a', 'page-b', 'page-c']) await create(name, { pool: 'paged' });
  await create('page-d', { pool: 'other' });
  const names: unknown[] = [];

  let next: string | undefined = '';
  let pages = 0;
  while (next !== undefined) {
    const query = new URLSearchParams({
      labelSelector: 'pool=paged',
      limit: '2',
      ...(next === '' ? {} : { continue: next }),
    });
    const { body } = await ask(gatekeeper, 'GET', `/api/v1/nodes?${query}`);
    const page = body as { items: { metadata: { name: string } }[]; metadata: { continue?: string } };
    names.push(...page.items.map(({ metadata }) => metadata.name));
    next = page.metadata.continue;
    pages++;
  }

  expect(names).toEqual(['page-a', 'page-b', 'page-c']);
  expect(pages).toBe(2);
});

it.each<[string, () => Promise<Answered>, string]>([
  [
    'delete nodes',
    () => ask(gatekeeper, 'DELETE', '/api/v1/nodes/rights'),
    'cannot delete resource "nodes" in API group "" at the cluster scope',
  ],
  [
    'create nodes',
    () => ask(gatekeeper, 'POST', '/api/v1/nodes', nodeBody('rights')),
    'cannot create resource "nodes"',
  ],
  [
    'patch the status of nodes',
    () => ask(gatekeeper, 'PATCH', '/api/v1/nodes/rights/status', []),
    'cannot patch resource "nodes/status"',
  ],
  [
    'read Events',
    () => ask(gatekeeper, 'GET', '/api/v1/namespaces/default/events'),
    'cannot list resource "events" in API group "" in the namespace "default"',
  ],
  [
    'write Events elsewhere',
    () => ask(gatekeeper, 'POST', '/api/v1/namespaces/kube-system/events', event('kube-system')),
    'in the namespace "kube-system"',
  ],
  [
    'read roles',
    () => ask(gatekeeper, 'GET', '/apis/rbac.authorization.k8s.io/v1/clusterroles'),
    'in API group "rbac.authorization.k8s.io"',
  ],
])('the rendered role does not let Airlock %s', async (_what, request, words) => {
  const answer = await request();

  expect(answer.code).toBe(403);
  expect(messageOf(answer)).toContain(words);
});

it('an Event about a Node is accepted only in the namespace default', async () => {
  const good = await ask(gatekeeper, 'POST', '/api/v1/namespaces/default/events', event('default'));
  const bad = await ask(admin, 'POST', '/api/v1/namespaces/kube-system/events', event('kube-system'));

  expect(good.code).toBe(201);
  expect(bad.code).toBe(422);
  expect(messageOf(bad)).toContain('involvedObject.namespace: Invalid value: "": does not match event.namespace');
});

it('a missing object is answered with 404, and an existing name with 409', async () => {
  await create('taken');

  const missing = await ask(gatekeeper, 'GET', '/api/v1/nodes/missing');
  const twice = await create('taken');

  expect(missing.code).toBe(404);
  expect(messageOf(missing)).toBe('nodes "missing" not found');
  expect(twice.code).toBe(409);
  expect(messageOf(twice)).toBe('nodes "taken" already exists');
});
