import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkManifests } from '../../../domain/doctor/check-manifests.ts';
import { renderManifests } from '../../../kubernetes/manifests.ts';
import { ask, messageOf } from '../../../packages/local-kubernetes/client.ts';
import { startCluster, type TestCluster } from '../cluster.ts';
import { unique } from './almighty.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster({ sandboxedNamespaces: 'enforce' });
  for (const [name, labels] of Object.entries({
    tenants: { 'airlock.dev/sandboxed': 'required' },
    typo: { 'airlock.dev/sandboxed': 'requierd' },
    free: { team: 'a' },
    'kube-system': { 'airlock.dev/sandboxed': 'required' },
  })) {
    await cluster.api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
  }
  for (const [name, handler] of Object.entries({ gvisor: 'runsc', 'other-class': 'other' })) {
    await cluster.api.apply({ apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', metadata: { name }, handler });
  }
});
afterAll(() => cluster.stop());

const pod = (spec: object = {}) => ({
  metadata: { name: `pod-${unique()}` },
  spec: { containers: [{ name: 'main', image: 'registry.k8s.io/pause:3.10' }], ...spec },
});
const create = (namespace: string, body: object) =>
  ask(cluster.admin, 'POST', `/api/v1/namespaces/${namespace}/pods`, body);
const codeIn = async (namespace: string, spec?: object) => (await create(namespace, pod(spec))).code;
const sandboxed = { runtimeClassName: 'gvisor' };

describe('a namespace with the label', () => {
  it('takes a pod with a RuntimeClass of Airlock, also from an administrator', async () => {
    expect(await codeIn('tenants', sandboxed)).toBe(201);
  });

  it.each([
    ['without one', {}, 'the pod has none'],
    ['with another one', { runtimeClassName: 'other-class' }, 'the pod has other-class'],
    ['on the network of its host without one', { hostNetwork: true }, 'the pod has none'],
  ])('refuses a pod %s', async (_, spec, message) => {
    const answer = await create('tenants', pod(spec));
    expect(answer.code).toBe(403);
    expect(messageOf(answer)).toContain(message);
    expect(messageOf(answer)).toContain('need the runtimeClassName gvisor, because of its label airlock.dev/sandboxed');
  });

  it('refuses one too if the value of the label is another', async () => {
    expect(await codeIn('typo')).toBe(403);
    expect(await codeIn('typo', sandboxed)).toBe(201);
  });

  it('lets a pod change that it took', async () => {
    const body = pod(sandboxed);
    await create('tenants', body);
    const path = `/api/v1/namespaces/tenants/pods/${body.metadata.name}`;
    const answer = await ask(cluster.admin, 'PATCH', path, [
      { op: 'add', path: '/metadata/labels', value: { a: 'b' } },
    ]);
    expect(answer.code).toBe(200);
  });

  it('lets a pod change that was there before the label, so that it can end', async () => {
    const metadata = { name: `ns-${unique()}` };
    await cluster.api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata });
    const body = pod();
    await create(metadata.name, body);
    const labels = { 'airlock.dev/sandboxed': 'required' };
    await cluster.api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { ...metadata, labels } });
    const path = `/api/v1/namespaces/${metadata.name}/pods/${body.metadata.name}`;
    const patch = [{ op: 'add', path: '/metadata/labels', value: { a: 'b' } }];
    expect((await ask(cluster.admin, 'PATCH', path, patch)).code).toBe(200);
    expect(await codeIn(metadata.name)).toBe(403);
    expect((await ask(cluster.admin, 'DELETE', path)).code).toBe(200);
  });
});

it('a namespace without the label, and one of the system, takes any pod', async () => {
  expect(await codeIn('free')).toBe(201);
  expect(await codeIn('kube-system')).toBe(201);
});

describe('a RuntimeClass', () => {
  const apply = (name: string, handler: string) =>
    ask(
      cluster.admin,
      'PATCH',
      `/apis/node.k8s.io/v1/runtimeclasses/${name}?fieldManager=someone&force=true`,
      { apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', metadata: { name }, handler },
      'application/apply-patch+yaml',
    );

  it('of Airlock can name its own handler only, and any other class any', async () => {
    await ask(cluster.admin, 'DELETE', '/apis/node.k8s.io/v1/runtimeclasses/gvisor');
    const denied = await apply('gvisor', 'runc');
    expect(denied.code).toBe(403);
    expect(messageOf(denied)).toContain('needs the handler runsc');
    expect((await apply('gvisor', 'runsc')).code).toBe(201);
    expect((await apply(`class-${unique()}`, 'runc')).code).toBe(201);
  });
});

it('doctor reports a policy that is missing or edited', () => {
  const kind = 'ValidatingAdmissionPolicy';
  const wanted = renderManifests({ runtimes: ['gvisor'], sandboxedNamespaces: 'enforce' });
  const live = structuredClone(wanted.filter((one) => one.kind === kind));
  const codesOf = (objects: readonly object[]) =>
    checkManifests(kind, objects, 'here', wanted).findings.map(({ code, resource }) => [code, resource]);
  const own = live.find(({ metadata }) => metadata?.name === 'airlock-sandboxed') as { spec: object };
  const resource = `${kind} airlock-sandboxed in here`;
  expect(codesOf(live)).toEqual([]);
  expect(codesOf(live.filter((one) => one !== own))).toEqual([['AL0014', resource]]);
  Object.assign(own.spec, { failurePolicy: 'Ignore' });
  expect(codesOf(live)).toEqual([['AL0015', resource]]);
});

it('without the setting nothing is enforced', async () => {
  const off = await startCluster();
  const labels = { 'airlock.dev/sandboxed': 'required' };
  await off.api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'tenants', labels } });
  const answer = await ask(off.admin, 'POST', '/api/v1/namespaces/tenants/pods', pod());
  await off.stop();
  expect(answer.code).toBe(201);
});
