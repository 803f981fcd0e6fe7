import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask, messageOf } from '../client.ts';
import { nodeBody, type StandInCluster, startStandIn } from './cluster.ts';

let cluster: StandInCluster;
beforeAll(async () => {
  cluster = await startStandIn();
});
afterAll(() => cluster.stop());

const apiVersion = 'admissionregistration.k8s.io/v1';
const policyOf = (name: string, spec: object) => ({
  apiVersion,
  kind: 'ValidatingAdmissionPolicy',
  metadata: { name },
  spec: {
    matchConstraints: {
      resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['nodes'] }],
    },
    ...spec,
  },
});
const bind = (name: string) => ({
  apiVersion,
  kind: 'ValidatingAdmissionPolicyBinding',
  metadata: { name },
  spec: { policyName: name, validationActions: ['Deny'] },
});

/** Applies a policy for Nodes whose name begins with the policy's name, and creates one. */
async function answerOf(name: string, spec: object) {
  const matchConditions = [{ name: 'mine', expression: `object.metadata.name.startsWith('${name}')` }];
  cluster.api.apply(policyOf(name, { matchConditions, ...spec }));
  cluster.api.apply(bind(name));
  return await ask(cluster.admin, 'POST', '/api/v1/nodes', nodeBody(`${name}-1`));
}

it('a policy without a binding denies nothing', async () => {
  cluster.api.apply(policyOf('unbound', { validations: [{ expression: 'false' }] }));

  expect((await ask(cluster.admin, 'POST', '/api/v1/nodes', nodeBody('unbound-1'))).code).toBe(201);
});

it('without a reason the answer is 422, and without a message it names the expression', async () => {
  const answer = await answerOf('plain', { validations: [{ expression: '1 == 2' }] });

  expect(answer.code).toBe(422);
  expect(messageOf(answer)).toBe(
    `nodes "plain-1" is forbidden: ValidatingAdmissionPolicy 'plain' with binding 'plain' denied request: failed expression: 1 == 2`,
  );
});

it('an expression that cannot be evaluated denies', async () => {
  const answer = await answerOf('broken', { validations: [{ expression: 'object.spec.missing == 1' }] });

  expect(answer.code).toBe(422);
  expect(messageOf(answer)).toContain('resulted in error: ');
});

it('a variable that cannot be evaluated affects only the expressions that use it', async () => {
  const variables = [{ name: 'broken', expression: 'object.spec.missing' }];

  expect((await answerOf('unused', { variables, validations: [{ expression: 'true' }] })).code).toBe(201);
  expect((await answerOf('used', { variables, validations: [{ expression: 'variables.broken == 1' }] })).code).toBe(
    422,
  );
});

it('a message that fails is replaced by the fixed one', async () => {
  const validations = [
    { expression: 'false', message: 'no', messageExpression: 'object.spec.missing', reason: 'Forbidden' },
  ];
  const answer = await answerOf('message', { validations });

  expect(answer.code).toBe(403);
  expect(messageOf(answer)).toMatch(/denied request: no$/);
});

it('empty values are not in the request', async () => {
  const expression = "!has(request.subResource) && !has(request.namespace) && request.resource.group == ''";

  expect((await answerOf('request', { validations: [{ expression, reason: 'Forbidden' }] })).code).toBe(201);
});

it.each<[string, object]>([
  ['a variable with a reserved name', { variables: [{ name: 'namespace', expression: '1' }], validations: [] }],
  ['parameters', { paramKind: { apiVersion: 'v1', kind: 'ConfigMap' }, validations: [] }],
  ['audit annotations', { auditAnnotations: [], validations: [] }],
])('a policy with %s is refused', (_what, spec) => {
  expect(() => cluster.api.apply(policyOf('refused', spec))).toThrow(
    /ValidatingAdmissionPolicy.* "refused" is invalid/,
  );
});
