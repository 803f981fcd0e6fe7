import { afterAll, beforeAll, expect, it } from 'vitest';
import { preparers } from '../../domain/kubernetes.ts';
import { type Addressed, KubernetesObjects } from '../../lambdas/adapters/kubernetes-objects.ts';
import type { Ports } from '../../lambdas/prepare-cluster/ports.ts';
import { update } from '../../lambdas/prepare-cluster/prepare.ts';
import { ask, messageOf } from '../../packages/local-kubernetes/client.ts';
import type { StoredObject } from '../../packages/local-kubernetes/object.ts';
import { manifestsFor } from '../lambdas/prepare-cluster/world.ts';
import { startCluster, type TestCluster } from './cluster.ts';

let cluster: TestCluster;
let objects: KubernetesObjects;
beforeAll(async () => {
  cluster = await startCluster();
  const { endpoint, caPem } = cluster.admin;
  const token = cluster.api.tokenFor('prepare', ['system:masters', preparers]);
  objects = new KubernetesObjects({ endpoint, caPem, token });
});
afterAll(async () => {
  await objects.close();
  await cluster.stop();
});

const all = manifestsFor();
const ports = (told: string[]): Ports => ({
  cluster: 'prod-1',
  api: objects,
  time: { now: () => cluster.clock.now(), sleep: (ms) => cluster.clock.sleep(ms) },
  report: (what) => void told.push(what),
});
const read = async (path: string) => (await ask(cluster.admin, 'GET', path)).body as StoredObject;

it('the API accepts the manifests unchanged, and a dry run by the applying identity is denied before rights are granted', async () => {
  const told: string[] = [];
  const summary = await update(withoutRuntimeClasses(all), ports(told));

  expect(summary).toBe(`${told.length} objects applied, 0 removed`);
  for (const [path, kind] of [
    ['/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/airlock-nodes', 'ValidatingAdmissionPolicy'],
    ['/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/airlock-gatekeeper', 'ClusterRoleBinding'],
  ] as const) {
    const { managedFields = [] } = (await read(path)).metadata;
    expect(
      managedFields.map(({ manager, operation }) => `${manager} ${operation}`),
      kind,
    ).toEqual(expect.arrayContaining(['airlock Apply']));
  }
});

it("the policies deny dry runs by the applying identity's group, and none of its writes", async () => {
  const [namespace] = all;
  if (namespace === undefined) throw new Error('there are no manifests');

  await expect(objects.apply(namespace, { force: true, dryRun: true })).rejects.toMatchObject({
    name: 'DeniedByPolicy',
    policy: 'airlock-elsewhere',
    message: expect.stringContaining('airlock may not UPDATE namespaces airlock-system'),
  });
  await expect(objects.apply(namespace, { force: true })).resolves.toBeUndefined();
});

it('if they are applied once more, nothing changes, not even a version', async () => {
  const path = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/airlock-pods';
  const before = (await read(path)).metadata.resourceVersion;
  await update(withoutRuntimeClasses(all), ports([]));

  expect((await read(path)).metadata.resourceVersion).toBe(before);
});

it('what is no longer in the manifests is removed, except a RuntimeClass that a pod uses', async () => {
  const classes = all.filter(({ kind, metadata }) => kind === 'RuntimeClass' && metadata.name !== 'gvisor');
  const pod = {
    metadata: { name: 'uses-kata' },
    spec: {
      runtimeClassName: 'kata-qemu',
      automountServiceAccountToken: false,
      containers: [{ name: 'a', image: 'b' }],
    },
  };
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } };
  await update([...withoutRuntimeClasses(all), ...classes], ports([]));
  // A bare API server has no controller that creates it.
  await ask(cluster.admin, 'POST', '/api/v1/namespaces/default/serviceaccounts', account);
  const made = await ask(cluster.admin, 'POST', '/api/v1/namespaces/default/pods', pod);
  const summary = await update(withoutRuntimeClasses(all), ports([]));

  expect(made.code).toBe(201);
  expect(messageOf(made)).toEqual(expect.any(String));
  expect(summary).toContain('1 removed; kept RuntimeClass kata-qemu: a pod uses it, for instance default/uses-kata');
});

/** Here the RuntimeClass gvisor belongs to an administrator, and has another handler. */
function withoutRuntimeClasses(manifests: readonly Addressed[]): readonly Addressed[] {
  return manifests.filter(({ kind }) => kind !== 'RuntimeClass');
}
