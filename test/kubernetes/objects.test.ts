// The answers of kube-apiserver 1.36.2 to the same requests. With KUBEBUILDER_ASSETS they are asked again.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../../packages/local-kubernetes/client.ts';
import type { StoredObject } from '../../packages/local-kubernetes/object.ts';
import { startCluster, type TestCluster } from './cluster.ts';
import { add, unique } from './policy/almighty.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.stop());

const replace = (path: string, value: unknown) => ({ op: 'replace', path, value });

async function makeNode(more: object = {}): Promise<StoredObject> {
  const answer = await ask(cluster.admin, 'POST', '/api/v1/nodes', {
    metadata: { name: `node-${unique()}`, labels: { team: 'a' }, ...more },
    spec: { providerID: 'aws:///a/i-1', taints: [{ key: 'g', effect: 'NoSchedule' }] },
    status: { capacity: { cpu: '2' }, conditions: [{ type: 'Ready', status: 'True' }] },
  });
  return answer.body as StoredObject;
}

async function patched(patch: readonly unknown[], subresource = '') {
  const before = await makeNode();
  const path = `/api/v1/nodes/${before.metadata.name}${subresource}`;
  const { code, body } = await ask(cluster.admin, 'PATCH', path, patch);
  return { code, before, after: body as StoredObject };
}

describe('a patch of a Node', () => {
  it.each([
    ['another uid', replace('/metadata/uid', 'other'), 422],
    ['a time of deletion', add('/metadata/deletionTimestamp', '2026-01-01T00:00:00Z'), 422],
    ['another kind', replace('/kind', 'Pod'), 422],
    ['an annotation that is no text', add('/metadata/annotations', { a: 7 }), 422],
    ['another name', replace('/metadata/name', 'other'), 400],
    ['another version', replace('/metadata/resourceVersion', '1'), 409],
  ])('with %s is rejected', async (_, operation, code) => {
    expect((await patched([operation])).code).toBe(code);
  });

  it('with null as a label sets it empty', async () => {
    expect((await patched([replace('/metadata/labels/team', null)])).after.metadata.labels).toEqual({ team: '' });
  });

  it('with an empty value of a taint leaves it out', async () => {
    const { after } = await patched([replace('/spec/taints/0/value', '')]);

    expect(after.spec?.taints?.[0]).toEqual({ key: 'g', effect: 'NoSchedule' });
  });

  it('with empty fields of the status changes nothing', async () => {
    const empty = [add('/status/phase', ''), add('/status/images', []), add('/status/conditions/0/reason', '')];
    const { code, before, after } = await patched(empty, '/status');

    expect(code).toBe(200);
    expect(after.metadata.resourceVersion).toEqual(before.metadata.resourceVersion);
  });

  it('with a namespace is served without it', async () => {
    const { code, after } = await patched([add('/metadata/namespace', 'default')]);

    expect(code).toBe(200);
    expect(after.metadata.namespace).toBeUndefined();
  });

  it.each([[[]], [[{}]]])('cannot reset field ownership through the status: %j', async (value) => {
    const { code, before, after } = await patched([replace('/metadata/managedFields', value)], '/status');

    expect(code).toBe(200);
    expect(after.metadata.managedFields).toEqual(before.metadata.managedFields);
  });

  it('without field ownership keeps it', async () => {
    const { code, before, after } = await patched([replace('/metadata/managedFields', null)]);

    expect(code).toBe(200);
    expect(after.metadata.managedFields).toEqual(before.metadata.managedFields);
  });
});

it('a new Node is never in deletion, and its conditions have their times', async () => {
  const node = await makeNode({ deletionTimestamp: '2026-01-01T00:00:00Z' });

  expect(node.metadata.deletionTimestamp).toBeUndefined();
  expect(node.status?.conditions?.[0]).toMatchObject({ lastHeartbeatTime: null, lastTransitionTime: null });
});

describe('a new pod', () => {
  const create = (spec: object, container: object = {}) =>
    ask(cluster.admin, 'POST', '/api/v1/namespaces/default/pods', {
      metadata: { name: `pod-${unique()}` },
      spec: { containers: [{ name: 'a', image: 'b', ...container }], ...spec },
    });

  it('has no zero values, except in fields that the API defines as pointers', async () => {
    const zero = {
      hostNetwork: false,
      hostname: '',
      hostUsers: false,
      nodeSelector: {},
      initContainers: [],
      affinity: null,
    };
    const { body } = await create(zero, { stdin: false, command: [], securityContext: { privileged: false } });
    const { spec } = body as { readonly spec: { readonly containers: readonly object[] } };

    expect(Object.keys(spec)).toContain('hostUsers');
    for (const name of ['hostNetwork', 'hostname', 'nodeSelector', 'initContainers', 'affinity']) {
      expect(Object.keys(spec)).not.toContain(name);
    }
    expect(spec.containers[0]).not.toHaveProperty('stdin');
    expect(spec.containers[0]).not.toHaveProperty('command');
    expect(spec.containers[0]).toMatchObject({ securityContext: { privileged: false } });
  });

  it.each([
    [{ priority: 5 }, 403],
    [{ preemptionPolicy: 'Never' }, 403],
    [{ overhead: { cpu: '1' } }, 403],
    [{ securityContext: { seccompProfile: { type: 'RuntimeDefault', localhostProfile: 'x' } } }, 422],
    [{ restartPolicy: '', dnsPolicy: '', schedulerName: '' }, 201],
  ])('with %j is answered with %i', async (spec, code) => {
    expect((await create(spec)).code).toBe(code);
  });
});
