import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask, messageOf } from '../client.ts';
import { Controllers } from '../controllers.ts';
import { Kubelet } from '../kubelet.ts';
import type { StoredObject } from '../object.ts';
import { pass, type StandInCluster, startStandIn } from './cluster.ts';

const features = { recursiveReadOnlyMounts: true, userNamespaces: false };
const pods = '/api/v1/namespaces/lab/pods';
const pool = 'example.com/pool';
let cluster: StandInCluster;

beforeAll(async () => {
  cluster = await startStandIn([
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'lab', labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
    },
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'free' } },
    {
      apiVersion: 'node.k8s.io/v1',
      kind: 'RuntimeClass',
      metadata: { name: 'sandbox' },
      handler: 'runsc',
      scheduling: { nodeSelector: { [pool]: 'sandboxed' } },
    },
  ]);
  const options = {
    api: cluster.api,
    clock: cluster.clock,
    machine: { handlers: async () => [{ name: 'runsc', features }] },
  };
  for (const name of ['mine', 'theirs']) {
    const labels = { [pool]: 'sandboxed' };
    await new Kubelet({ ...options, node: { name, providerId: `aws:///a/i-${name}`, labels, taints: [] } }).join();
  }
});
afterAll(() => cluster.stop());

/** A pod that a namespace with restrictions accepts. */
function podNamed(name: string, nodeName = 'mine') {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'lab' },
    spec: {
      nodeName,
      runtimeClassName: 'sandbox',
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 5,
      tolerations: [{ operator: 'Exists' }],
      securityContext: { runAsNonRoot: true, runAsUser: 65_535, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'pause',
          image: 'registry.k8s.io/pause:3.10',
          imagePullPolicy: 'Never',
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
      ],
    },
  };
}
const create = (pod: object, path = pods) => ask(cluster.admin, 'POST', path, pod);
const read = (name: string) => cluster.api.pods().find(({ metadata }) => metadata.name === name);
const podWith = (name: string, spec: object) => {
  const pod = podNamed(name);
  return { ...pod, spec: { ...pod.spec, ...spec } };
};

it('a pod gets the defaults of the API, and the node selector of its RuntimeClass', async () => {
  await create(podNamed('defaults'));

  expect(read('defaults')).toMatchObject({
    spec: {
      serviceAccountName: 'default',
      dnsPolicy: 'ClusterFirst',
      priority: 0,
      nodeSelector: { [pool]: 'sandboxed' },
      tolerations: [{ operator: 'Exists' }],
      containers: [{ terminationMessagePolicy: 'File', imagePullPolicy: 'Never' }],
    },
    status: { phase: 'Pending' },
  });
});

it('a pod that does not tolerate failing nodes gets that for five minutes', async () => {
  await create(podWith('tolerations', { tolerations: [] }));

  expect(read('tolerations')?.spec?.tolerations?.map(({ key }) => key)).toEqual([
    'node.kubernetes.io/not-ready',
    'node.kubernetes.io/unreachable',
  ]);
});

it.each<[string, object, number, string]>([
  [
    'an unknown RuntimeClass',
    { runtimeClassName: 'kata-qemu' },
    403,
    'pod rejected: RuntimeClass "kata-qemu" not found',
  ],
  [
    'another node selector than its RuntimeClass has',
    { nodeSelector: { [pool]: 'other' } },
    403,
    'conflict: runtimeClass.scheduling.nodeSelector[example.com/pool] = sandboxed; pod.spec.nodeSelector[example.com/pool] = other',
  ],
  [
    'the network of the host',
    { hostNetwork: true },
    403,
    'violates PodSecurity "restricted:latest": host namespaces (hostNetwork=true)',
  ],
  ['no security context', { securityContext: {} }, 403, 'runAsNonRoot != true'],
  [
    'a privileged container',
    { containers: [{ name: 'a', image: 'b', securityContext: { privileged: true } }] },
    403,
    'privileged (container "a"',
  ],
  ['no container', { containers: [] }, 422, 'spec.containers: Required value'],
  [
    'a toleration without a key or Exists',
    { tolerations: [{ operator: 'Equal' }] },
    422,
    'operator must be Exists when `key` is empty',
  ],
  ['a deadline of 0 s', { activeDeadlineSeconds: 0 }, 422, 'must be between 1 and 2147483647'],
])('a pod with %s is refused', async (_what, spec, code, words) => {
  const answer = await create(podWith('refused', spec));

  expect(answer.code).toEqual(code);
  expect(messageOf(answer)).toContain(words);
});

it('a namespace that enforces nothing accepts a privileged pod', async () => {
  const { metadata, spec } = podWith('free', { hostNetwork: true });

  expect(
    (await create({ metadata: { ...metadata, namespace: 'free' }, spec }, '/api/v1/namespaces/free/pods')).code,
  ).toBe(201);
});

it('a pod runs on its node 1.6 s after it was bound, and is gone 0.1 s after it was deleted', async () => {
  await create(podNamed('runs'));
  await pass(cluster.clock, 1_500);
  const early = read('runs')?.status?.phase;
  await pass(cluster.clock, 200);
  const running = read('runs')?.status?.phase;
  await ask(cluster.admin, 'DELETE', `${pods}/runs`);
  const deleted: StoredObject | undefined = read('runs');
  await pass(cluster.clock, 200);

  expect(early).toBe('Pending');
  expect(running).toBe('Running');
  expect(deleted?.metadata).toMatchObject({ deletionGracePeriodSeconds: 5, deletionTimestamp: expect.any(String) });
  expect(read('runs')).toBeUndefined();
});

it('a pod in a user namespace does not start with a handler without them, and the Event gives the reason', async () => {
  await create(podWith('userns', { hostUsers: false }));
  await pass(cluster.clock, 5_000);

  expect(read('userns')?.status?.phase).toBe('Pending');
  const about = await ask(
    cluster.admin,
    'GET',
    `/api/v1/namespaces/lab/events?fieldSelector=involvedObject.uid=${read('userns')?.metadata.uid}`,
  );
  expect(about.body).toMatchObject({
    items: [{ reason: 'FailedCreatePodSandBox', message: expect.stringContaining('does not support user namespaces') }],
  });
});

it('a pod that is never deleted fails after its deadline', async () => {
  await create(podWith('outlives', { activeDeadlineSeconds: 10 }));
  await pass(cluster.clock, 11_000);

  expect(read('outlives')?.status).toMatchObject({ phase: 'Failed', reason: 'DeadlineExceeded' });
});

it("a pod's spec does not change", async () => {
  await create(podNamed('fixed'));
  const answer = await ask(cluster.admin, 'PATCH', `${pods}/fixed`, [
    { op: 'add', path: '/spec/hostNetwork', value: true },
  ]);

  expect(answer.code).toBe(422);
  expect(messageOf(answer)).toContain('pod updates may not change fields');
});

it("a kubelet's credentials reach only its own node's pods", async () => {
  const theirs = cluster.connection(cluster.api.tokenFor('system:node:theirs', ['system:nodes']));
  await create(podNamed('guarded'));

  const report = await ask(theirs, 'PATCH', `${pods}/guarded/status`, [
    { op: 'add', path: '/status/phase', value: 'Running' },
  ]);
  const removal = await ask(theirs, 'DELETE', `${pods}/guarded`);
  const birth = await ask(theirs, 'POST', pods, podNamed('forged', 'theirs'));

  expect(report.code).toBe(403);
  expect(removal.code).toBe(403);
  expect(birth.code).toBe(403);
  expect(messageOf(report)).toContain('can only update pod status for pods with spec.nodeName set to itself');
});

it('a pod that was bound to a deleted node is removed', async () => {
  await create(podNamed('orphan', 'theirs'));
  await new Controllers(cluster.api, cluster.clock).instanceGone('theirs');

  expect(read('orphan')).toBeUndefined();
});

it('a field by which the kind cannot be selected is refused', async () => {
  const answer = await ask(cluster.admin, 'GET', '/api/v1/pods?fieldSelector=spec.hostNetwork=true');

  expect(answer.code).toBe(400);
  expect(messageOf(answer)).toBe('field label not supported: spec.hostNetwork');
});
