// The parts of server-side apply and namespaces that only the stand-in can show; the rest is in test/kubernetes.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask, messageOf } from '../client.ts';
import { pass, role, type StandInCluster, startStandIn } from './cluster.ts';

let cluster: StandInCluster;
beforeEach(async () => {
  cluster = await startStandIn();
});
afterEach(() => cluster.stop());

const rbac = 'rbac.authorization.k8s.io/v1';
const wide = {
  apiVersion: rbac,
  kind: 'ClusterRole',
  metadata: { name: 'wide' },
  rules: [{ apiGroups: [''], resources: ['nodes'], verbs: ['patch'] }],
};
const runtimeClass = (label: string) => ({
  apiVersion: 'node.k8s.io/v1',
  kind: 'RuntimeClass',
  metadata: { name: 'fast' },
  handler: 'fast',
  scheduling: { nodeSelector: { [label]: 'b' } },
});
const apply = (path: string, object: object, query: string, who = cluster.admin) =>
  ask(who, 'PATCH', `/apis/${path}${query}`, object, 'application/apply-patch+yaml');

it("a conflict names an administrator's manual apply with its version", async () => {
  cluster.api.apply(runtimeClass('a'));
  const answer = await apply('node.k8s.io/v1/runtimeclasses/fast', runtimeClass('c'), '?fieldManager=two');

  expect(messageOf(answer)).toBe(
    'Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using node.k8s.io/v1: .scheduling.nodeSelector',
  );
});

it('a parameter that the stand-in does not know is refused by name', async () => {
  const answer = await apply(
    'node.k8s.io/v1/runtimeclasses/fast',
    runtimeClass('c'),
    '?fieldManager=x&fieldValidation=Strict',
  );

  expect(answer.code).toBe(400);
  expect(messageOf(answer)).toContain('fieldValidation');
});

it('the access policy of a cluster administrator gives every right, including granting, until its entry is gone', async () => {
  cluster.api.addAccessEntry({ principalArn: role, kubernetesGroups: [], clusterAdmin: true });
  const admin = await cluster.asRole();
  const granting = () => apply(`${rbac}/clusterroles/wide`, wide, '?fieldManager=w', admin);

  expect((await granting()).code).toBe(201);
  cluster.api.removeAccessEntry(role);
  expect((await granting()).code).toBe(401);
});

describe('a namespace', () => {
  const space = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'lab' } };
  const pod = { metadata: { name: 'p' }, spec: { containers: [{ name: 'a', image: 'b' }] } };

  it('that is deleted accepts nothing new, and is gone once it is empty', async () => {
    cluster.api.apply(space);
    await ask(cluster.admin, 'POST', '/api/v1/namespaces/lab/pods', pod);
    const deleted = await ask(cluster.admin, 'DELETE', '/api/v1/namespaces/lab');
    const late = await ask(cluster.admin, 'POST', '/api/v1/namespaces/lab/pods', { ...pod, metadata: { name: 'q' } });

    expect(deleted.body).toMatchObject({ status: { phase: 'Terminating' } });
    expect(late.code).toBe(403);
    expect(messageOf(late)).toContain('because it is being terminated');
    await pass(cluster.clock, 10_000);
    expect((await ask(cluster.admin, 'GET', '/api/v1/namespaces/lab')).code).toBe(404);
    expect(cluster.api.pods()).toEqual([]);
  });

  it('of the cluster itself cannot be deleted', async () => {
    expect((await ask(cluster.admin, 'DELETE', '/api/v1/namespaces/default')).code).toBe(403);
  });
});
