// Examples from https://kubernetes.io/docs/reference/using-api/server-side-apply/ and for the kinds that Airlock
// applies.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask, messageOf } from '../../packages/local-kubernetes/client.ts';
import type { StoredObject } from '../../packages/local-kubernetes/object.ts';
import { startCluster, type TestCluster } from './cluster.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster();
});
beforeEach(async () => {
  for (const path of [
    'node.k8s.io/v1/runtimeclasses/fast',
    `${rbac}/clusterroles/wide`,
    `${rbac}/clusterrolebindings/wide`,
  ]) {
    await ask(cluster.admin, 'DELETE', `/apis/${path}`);
  }
});
afterAll(() => cluster.stop());

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

interface Applied {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

async function apply(object: Applied, query: string, who = cluster.admin) {
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
const read = async () => {
  const { code, body } = await ask(cluster.admin, 'GET', '/apis/node.k8s.io/v1/runtimeclasses/fast');
  return code === 200 ? (body as StoredObject) : undefined;
};

describe('server-side apply', () => {
  it('creates what is missing, and records its owner', async () => {
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

  it('the same request changes nothing, not even the version', async () => {
    const first = await apply(runtimeClass({}, { a: '1' }), '?fieldManager=one');
    const again = await apply(runtimeClass({}, { a: '1' }), '?fieldManager=one');

    expect(again.code).toBe(200);
    expect(again.object).toEqual(first.object);
  });

  it('a field that is no longer applied is removed, unless another manager also owns it', async () => {
    await apply(runtimeClass({}, { a: '1', b: '2' }), '?fieldManager=one');
    await apply(runtimeClass({}, { b: '2', c: '3' }), '?fieldManager=two');
    const answer = await apply(runtimeClass(), '?fieldManager=one');

    expect(answer.object.metadata.labels).toEqual({ b: '2', c: '3' });
  });

  it("another value for another manager's field is a conflict that names both, and changes nothing", async () => {
    await apply(runtimeClass({}, { a: '1' }), '?fieldManager=one');
    const answer = await apply(runtimeClass({}, { a: '2' }), '?fieldManager=two');

    expect(answer.code).toBe(409);
    expect(answer.message).toBe('Apply failed with 1 conflict: conflict with "one": .metadata.labels.a');
    expect((await read())?.metadata.labels).toEqual({ a: '1' });
  });

  it('force takes over the field', async () => {
    await apply(runtimeClass({}, { a: '1' }), '?fieldManager=one');
    const answer = await apply(runtimeClass({}, { a: '2' }), '?fieldManager=two&force=true');

    expect(answer.code).toBe(200);
    expect(answer.object.metadata.labels).toEqual({ a: '2' });
    expect(answer.object.metadata.managedFields?.map(({ manager }) => manager)).toEqual(['one', 'two']);
    expect(JSON.stringify(answer.object.metadata.managedFields?.[0])).not.toContain('f:labels');
  });

  it("items with a key are merged one by one, in the applier's order", async () => {
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

  it.each<[string, object, string, RegExp]>([
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
  ])('refuses one %s', async (_what, object, query, words) => {
    await apply(runtimeClass(), '?fieldManager=one');
    const answer = await apply(object as Applied, query);

    expect(answer.code >= 400).toBe(true);
    expect(answer.message).toMatch(words);
  });

  it('a dry run is admitted like any other request, and stores nothing', async () => {
    const answer = await apply(runtimeClass(), '?fieldManager=one&dryRun=All');
    const denied = await apply(runtimeClass(), '?fieldManager=one&dryRun=All', await cluster.asGatekeeper());

    expect(answer.code).toBe(201);
    expect(await read()).toBeUndefined();
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
  const grant = async (verbs: readonly string[], more: readonly object[] = []) => {
    const rules = [
      { apiGroups: ['rbac.authorization.k8s.io'], resources: ['clusterroles', 'clusterrolebindings'], verbs },
      ...more,
    ];
    const role = { apiVersion: rbac, kind: 'ClusterRole', metadata: { name: 'writer' }, rules };
    await apply(role, '?fieldManager=admin&force=true');
    const binding = {
      ...bound,
      metadata: { name: 'writer' },
      subjects: [{ kind: 'User', name: 'writer', apiGroup: 'rbac.authorization.k8s.io' }],
      roleRef: { ...bound.roleRef, name: 'writer' },
    };
    await apply(binding, '?fieldManager=admin&force=true');
    // The authorizer sees it a moment later.
    await cluster.pass(500);
    return cluster.connection(cluster.api.tokenFor('writer', []));
  };

  it('a user cannot grant rights that the user does not hold, in a role or by binding one', async () => {
    const writer = await grant(['create', 'patch']);
    const answer = await apply(wide, '?fieldManager=w', writer);
    await apply(wide, '?fieldManager=admin');
    const binding = await apply(bound, '?fieldManager=w', writer);

    expect(answer.code).toBe(403);
    expect(binding.code).toBe(403);
    expect(answer.message).toContain('is attempting to grant RBAC permissions not currently held');
    expect(binding.message).toContain('is attempting to grant RBAC permissions not currently held');
  });

  it.each<[string, readonly string[], readonly object[]]>([
    ['who holds them', ['create', 'patch'], wide.rules],
    ['who may escalate and bind', ['create', 'patch', 'escalate', 'bind'], []],
  ])('but a user %s may', async (_who, verbs, more) => {
    const writer = await grant(verbs, more);

    expect((await apply(wide, '?fieldManager=w', writer)).code).toBe(201);
    expect((await apply(bound, '?fieldManager=w', writer)).code).toBe(201);
  });
});
