// Vectors of https://kubernetes.io/docs/reference/using-api/server-side-apply/ and of the kinds that Airlock applies.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ask, messageOf } from '../../../local/kubernetes/client.ts';
import type { StoredObject } from '../../../local/kubernetes/object.ts';
import { credentials, pass, region, role, type StandInCluster, startStandIn } from './cluster.ts';

let cluster: StandInCluster;
beforeEach(async () => {
  cluster = await startStandIn();
});
afterEach(() => cluster.stop());

const node = 'node.k8s.io/v1';
const admission = 'admissionregistration.k8s.io/v1';
const rbac = 'rbac.authorization.k8s.io/v1';
const plurals: Readonly<Record<string, string>> = {
  RuntimeClass: 'runtimeclasses',
  ClusterRole: 'clusterroles',
  ClusterRoleBinding: 'clusterrolebindings',
  Namespace: 'namespaces',
  ValidatingAdmissionPolicy: 'validatingadmissionpolicies',
};

async function apply(
  object: { apiVersion: string; kind: string; metadata: { name: string } },
  query: string,
  who = cluster.admin,
) {
  const root = object.apiVersion === 'v1' ? '/api/v1' : `/apis/${object.apiVersion}`;
  const path = `${root}/${plurals[object.kind]}/${object.metadata.name}${query}`;
  const answer = await ask(who, 'PATCH', path, object, 'application/apply-patch+yaml');
  return { code: answer.code, message: messageOf(answer), object: answer.body as StoredObject };
}

const runtimeClass = (more: object = {}, labels: Record<string, string> = {}) => ({
  apiVersion: node,
  kind: 'RuntimeClass',
  metadata: { name: 'fast', labels },
  handler: 'fast',
  ...more,
});
const read = () => cluster.api.objects('RuntimeClass').find(({ metadata }) => metadata.name === 'fast');

describe('server-side apply', () => {
  test('makes what is not there, and says whose it is', async () => {
    const made = await apply(runtimeClass({}, { a: '1' }), '?fieldManager=one');

    expect(made.code).toBe(201);
    expect(made.object.metadata.managedFields).toMatchObject([
      {
        manager: 'one',
        operation: 'Apply',
        apiVersion: node,
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:handler': {}, 'f:metadata': { 'f:labels': { 'f:a': {} } } },
      },
    ]);
  });

  test('the same once more changes nothing, not even the version', async () => {
    const first = await apply(runtimeClass({}, { a: '1' }), '?fieldManager=one');
    const again = await apply(runtimeClass({}, { a: '1' }), '?fieldManager=one');

    expect(again.code).toBe(200);
    expect(again.object).toEqual(first.object);
  });

  test('a field that is applied no longer goes, unless somebody else owns it too', async () => {
    await apply(runtimeClass({}, { a: '1', b: '2' }), '?fieldManager=one');
    await apply(runtimeClass({}, { b: '2', c: '3' }), '?fieldManager=two');
    const answer = await apply(runtimeClass(), '?fieldManager=one');

    expect(answer.object.metadata.labels).toEqual({ b: '2', c: '3' });
  });

  test('another value for a field of another manager is a conflict that names both, and changes nothing', async () => {
    await apply(runtimeClass({}, { a: '1' }), '?fieldManager=one');
    const answer = await apply(runtimeClass({}, { a: '2' }), '?fieldManager=two');

    expect([answer.code, answer.message]).toEqual([
      409,
      'Apply failed with 1 conflict: conflict with "one": .metadata.labels.a',
    ]);
    expect(read()?.metadata.labels).toEqual({ a: '1' });
  });

  test('an administrator who applied by hand is named with the version that he wrote in', async () => {
    cluster.api.apply(runtimeClass({ scheduling: { nodeSelector: { a: 'b' } } }));
    const answer = await apply(runtimeClass({ scheduling: { nodeSelector: { c: 'd' } } }), '?fieldManager=two');

    expect(answer.message).toBe(
      'Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using node.k8s.io/v1: .scheduling.nodeSelector',
    );
  });

  test('force takes the field over', async () => {
    await apply(runtimeClass({}, { a: '1' }), '?fieldManager=one');
    const answer = await apply(runtimeClass({}, { a: '2' }), '?fieldManager=two&force=true');

    expect([answer.code, answer.object.metadata.labels]).toEqual([200, { a: '2' }]);
    expect(answer.object.metadata.managedFields?.map(({ manager }) => manager)).toEqual(['one', 'two']);
    expect(JSON.stringify(answer.object.metadata.managedFields?.[0])).not.toContain('f:labels');
  });

  test('items with a key are merged one by one and stand in the order of the applier', async () => {
    const policy = (variables: object[]) => ({
      apiVersion: admission,
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name: 'p' },
      spec: {
        matchConstraints: {
          resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['nodes'] }],
        },
        variables,
        validations: [{ expression: 'true' }],
      },
    });
    const of = (name: string) => ({ name, expression: `'${name}'` });
    const [a, b, c] = [of('a'), of('b'), of('c')];
    await apply(policy([a, b]), '?fieldManager=one');
    const answer = await apply(policy([c, b]), '?fieldManager=one');

    expect(answer.object.spec).toMatchObject({ variables: [c, b] });
  });

  test.each<[string, object, string, RegExp]>([
    ['without a field manager', runtimeClass(), '', /fieldManager: Required value/],
    [
      'that changes a handler',
      runtimeClass({ handler: 'other' }),
      '?fieldManager=x&force=true',
      /handler.*field is immutable/,
    ],
    [
      'with managed fields in it',
      { ...runtimeClass(), metadata: { name: 'fast', managedFields: [] } },
      '?fieldManager=x',
      /must be nil/,
    ],
    [
      'with a parameter that the stand-in does not know',
      runtimeClass(),
      '?fieldManager=x&fieldValidation=Strict',
      /fieldValidation/,
    ],
  ])('refuses one %s', async (_what, object, query, words) => {
    await apply(runtimeClass(), '?fieldManager=one');
    const answer = await apply(object as Parameters<typeof apply>[0], query);

    expect([answer.code >= 400, answer.message]).toEqual([true, expect.stringMatching(words)]);
  });

  test('a dry run is admitted like any other request, and stores nothing', async () => {
    const answer = await apply(runtimeClass(), '?fieldManager=one&dryRun=All');
    const denied = await apply(runtimeClass(), '?fieldManager=one&dryRun=All', await cluster.asGatekeeper());

    expect([answer.code, read()]).toEqual([201, undefined]);
    expect(denied.code).toBe(403);
  });
});

describe('rights', () => {
  const wide = {
    apiVersion: rbac,
    kind: 'ClusterRole',
    metadata: { name: 'wide' },
    rules: [{ apiGroups: [''], resources: ['nodes'], verbs: ['patch'] }],
  };
  const bound = {
    apiVersion: rbac,
    kind: 'ClusterRoleBinding',
    metadata: { name: 'wide' },
    subjects: [{ kind: 'Group', name: 'x', apiGroup: 'rbac.authorization.k8s.io' }],
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'wide' },
  };
  const grant = (verbs: readonly string[], more: readonly object[] = []) => {
    const rules = [
      { apiGroups: ['rbac.authorization.k8s.io'], resources: ['clusterroles', 'clusterrolebindings'], verbs },
      ...more,
    ];
    cluster.api.apply({ apiVersion: rbac, kind: 'ClusterRole', metadata: { name: 'writer' }, rules });
    cluster.api.apply({
      ...bound,
      metadata: { name: 'writer' },
      subjects: [{ kind: 'User', name: 'writer' }],
      roleRef: { ...bound.roleRef, name: 'writer' },
    });
    return cluster.connection(cluster.api.tokenFor('writer', []));
  };

  test('nobody grants what he does not hold, in a role or by binding one', async () => {
    const writer = grant(['create', 'patch']);
    const answer = await apply(wide, '?fieldManager=w', writer);
    await apply(wide, '?fieldManager=admin');
    const binding = await apply(bound, '?fieldManager=w', writer);

    expect([answer.code, binding.code]).toEqual([403, 403]);
    expect(answer.message).toContain('is attempting to grant RBAC permissions not currently held');
    expect(binding.message).toContain('is attempting to grant RBAC permissions not currently held');
  });

  test.each<[string, readonly string[], readonly object[]]>([
    ['who holds it himself', ['create', 'patch'], wide.rules],
    ['who may escalate and bind', ['create', 'patch', 'escalate', 'bind'], []],
  ])('but he %s may', async (_who, verbs, more) => {
    const writer = grant(verbs, more);

    expect([
      (await apply(wide, '?fieldManager=w', writer)).code,
      (await apply(bound, '?fieldManager=w', writer)).code,
    ]).toEqual([201, 201]);
  });

  test('the access policy of a cluster administrator gives every right, that of granting too', async () => {
    cluster.api.addAccessEntry({ principalArn: role, kubernetesGroups: [], clusterAdmin: true });
    const admin = await cluster.asGatekeeper({ cluster: 'prod-1', region, credentials });

    expect([
      (await apply(wide, '?fieldManager=w', admin)).code,
      (await apply(bound, '?fieldManager=w', admin)).code,
    ]).toEqual([201, 201]);
    cluster.api.removeAccessEntry(role);
    expect((await apply(wide, '?fieldManager=w', admin)).code).toBe(401);
  });
});

describe('a namespace', () => {
  const space = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'lab' } };
  const pod = { metadata: { name: 'p' }, spec: { containers: [{ name: 'a', image: 'b' }] } };

  test('that is deleted takes nothing new, and is gone once it is empty', async () => {
    await apply(space, '?fieldManager=a');
    await ask(cluster.admin, 'POST', '/api/v1/namespaces/lab/pods', pod);
    const deleted = await ask(cluster.admin, 'DELETE', '/api/v1/namespaces/lab');
    const late = await ask(cluster.admin, 'POST', '/api/v1/namespaces/lab/pods', { ...pod, metadata: { name: 'q' } });

    expect(deleted.body).toMatchObject({ status: { phase: 'Terminating' } });
    expect([late.code, messageOf(late)]).toEqual([403, expect.stringContaining('because it is being terminated')]);
    await pass(cluster.clock, 10_000);
    expect((await ask(cluster.admin, 'GET', '/api/v1/namespaces/lab')).code).toBe(404);
    expect(cluster.api.pods()).toEqual([]);
  });

  test('of the cluster itself cannot be deleted', async () => {
    expect((await ask(cluster.admin, 'DELETE', '/api/v1/namespaces/default')).code).toBe(403);
  });
});
