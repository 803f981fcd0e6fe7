import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Writer } from '../../domain/ledger-change.ts';
import { ModelledMachine } from '../../packages/lab/machines.ts';
import { type Simulation, startModelled } from '../../packages/lab/simulation.ts';
import type { Principal } from '../../packages/local-aws/aws.ts';
import { readPolicy } from '../../packages/local-aws/iam.ts';
import { withOperator } from '../scenarios/operator.ts';
import { launch, settle, startSimulation, taintsOf } from '../scenarios/scenario.ts';
import { answerTo, attackerWith } from './attacker.ts';

/** The role of each function that writes to the ledger, by its construct. */
const roles: Readonly<Record<Writer, string>> = {
  admission: 'Admission/Role',
  dispatch: 'Dispatch/Role',
  results: 'Results/Role',
  cancellation: 'Cancellation/Role',
  remediation: 'Remediation/Role',
  terminations: 'Terminations/Role',
  reconcile: 'Reconcile/Role',
  workflow: 'Workflow/StateMachine/Role',
};

const everyone = Object.keys(roles) as Writer[];

/**
 * The attributes that decide, and the roles that may name each in an update. DynamoDB does not distinguish writing an
 * attribute from naming it in a condition, so both kinds of role are listed.
 */
const deciding: Readonly<Record<string, readonly Writer[]>> = {
  launch: ['admission', 'reconcile'],
  request: ['admission', 'reconcile'],
  execution: ['admission', 'reconcile', 'workflow'],
  endExecution: ['reconcile'],
  refused: ['admission', 'reconcile', 'workflow'],
  nonce: ['workflow'],
  token: ['dispatch', 'results', 'reconcile'],
  attempt: ['dispatch'],
  document: ['dispatch'],
  checksums: ['dispatch'],
  commandId: ['dispatch', 'cancellation', 'reconcile'],
  installation: ['results', 'reconcile'],
  provenToken: ['results', 'reconcile'],
  failure: ['workflow'],
  mark: ['workflow'],
  disposition: ['remediation'],
  replacingAt: ['remediation', 'terminations'],
  cancelledAt: ['cancellation', 'terminations', 'dispatch'],
  outcome: ['workflow', 'terminations', 'remediation'],
  ending: ['workflow', 'terminations'],
  receipt: ['workflow', 'terminations'],
  runs: ['reconcile'],
};

const emptyRole = { name: 'Operator', id: 'AROAOPERATOR', trust: { statements: [] }, tags: {} };
const run = { instanceId: { S: 'i-0aaaaaaaaaaaaaaaa' }, launchedAt: { S: '2026-11-21T09:00:00.000Z' } };
const breaker = { instanceId: { S: 'breaker demo sandboxed gvisor@20260928.0' }, launchedAt: { S: 'breaker' } };

let world: Simulation;
let TableName: string;
beforeAll(async () => {
  world = await startModelled(inject('assembly'));
  TableName = world.cloud.resource('Ledger/Table/Resource').ref;
});
afterAll(() => world.stop());

function roleOf(writer: Writer): Principal {
  const roleArn = String(world.cloud.resource(`${roles[writer]}/Resource`).attributes['Arn']);
  return { kind: 'role', roleArn, sessionName: 'taken-over' };
}

/** The answer to a role that only sets an attribute of a record. */
function set(writer: Writer, Key: object, attribute: string): Promise<string | undefined> {
  return answerTo(world, roleOf(writer), 'dynamodb', 'UpdateItem', {
    TableName,
    Key,
    UpdateExpression: 'SET #a = :v',
    ExpressionAttributeNames: { '#a': attribute },
    ExpressionAttributeValues: { ':v': { S: 'forged' } },
  });
}

const refused = /^AccessDeniedException: .* because no identity-based policy allows the dynamodb:UpdateItem action$/;

/** The attacker runs code as one function, or has the state machine's role, and no other right. */
describe('a role that an attacker took over', () => {
  it.each(Object.entries(deciding))('writes %s of a run only if it is one of %j', async (attribute, may) => {
    for (const writer of everyone) {
      const answer = await set(writer, run, attribute);
      if (may.includes(writer)) expect(answer, writer).toBeUndefined();
      else expect(answer, writer).toMatch(refused);
    }
  });

  it.each([
    ['state', ['dispatch', 'remediation', 'workflow']],
    ['failed', ['remediation']],
    ['openedAt', ['remediation']],
    ['probe', ['dispatch', 'remediation', 'terminations', 'workflow']],
  ])('writes %s of a breaker only if it is one of %j', async (attribute, may) => {
    for (const writer of everyone) {
      const answer = await set(writer, breaker, attribute);
      if (may.includes(writer)) expect(answer, writer).toBeUndefined();
      else expect(answer, writer).toMatch(refused);
    }
  });

  it("cannot name another role's attribute beside its own, in a condition, or as the source of a value", async () => {
    const own = { TableName, Key: run, ExpressionAttributeValues: { ':v': { S: 'x' } } };
    for (const more of [
      { UpdateExpression: 'SET cancelledAt = :v, provenToken = :v' },
      { UpdateExpression: 'SET cancelledAt = :v REMOVE outcome' },
      { UpdateExpression: 'SET cancelledAt = installation', ExpressionAttributeValues: undefined },
      { UpdateExpression: 'SET cancelledAt = :v', ConditionExpression: 'attribute_exists(installation)' },
    ])
      expect(
        await answerTo(
          world,
          roleOf('cancellation'),
          'dynamodb',
          'UpdateItem',
          JSON.parse(JSON.stringify({ ...own, ...more })),
        ),
      ).toMatch(refused);
    expect(await set('cancellation', run, 'cancelledAt')).toBeUndefined();
  });

  it('cannot replace or delete a record, or write to one that is neither a run nor a breaker', async () => {
    for (const writer of everyone) {
      const put = { TableName, Item: { ...run, cancelledAt: { S: 'x' } } };
      expect(await answerTo(world, roleOf(writer), 'dynamodb', 'PutItem', put)).toContain('AccessDenied');
      expect(await answerTo(world, roleOf(writer), 'dynamodb', 'DeleteItem', { TableName, Key: run })).toContain(
        'AccessDenied',
      );
      const stranger = { ...run, instanceId: { S: 'mi-0aaaaaaaaaaaaaaaa' } };
      for (const attribute of ['node', 'cancelledAt', 'state'])
        expect(await set(writer, stranger, attribute)).toMatch(refused);
    }
  });
});

it('an operator who may do everything in the account records acts and closes breakers, and writes nothing that decides', async () => {
  const operated = await startSimulation([], async () => new ModelledMachine(), await withOperator());
  const table = operated.cloud.resource('Ledger/Table/Resource').ref;
  const roleArn = 'arn:aws:iam::123456789012:role/Operator';
  const all = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
  const policies = new Map([['all', readPolicy(all)]]);
  operated.cloud.iam.roles.set('Operator', { ...emptyRole, arn: roleArn, policies });
  const write = (Key: object, attribute: string) =>
    answerTo(operated, { kind: 'role', roleArn, sessionName: 'x' }, 'dynamodb', 'UpdateItem', {
      TableName: table,
      Key,
      UpdateExpression: 'SET #a = :v',
      ExpressionAttributeNames: { '#a': attribute },
      ExpressionAttributeValues: { ':v': { S: 'written' } },
    });
  expect(await write(run, 'operatorAct')).toBeUndefined();
  expect(await write(breaker, 'state')).toBeUndefined();
  for (const attribute of Object.keys(deciding)) {
    expect(await write(run, attribute), attribute).toContain('explicit deny');
  }
});

/** The attacker has a right on every table of the account; the ledger's resource policy denies it. */
describe('a principal of the account that may write to tables', () => {
  const update = { Key: run, UpdateExpression: 'REMOVE outcome' };
  it.each([
    ['UpdateItem', update],
    ['PutItem', { Item: run }],
    ['DeleteItem', { Key: run }],
    ['BatchWriteItem', {}],
  ])('writes nothing to the ledger with %s', async (operation, input) => {
    const attacker = attackerWith(world, `dynamodb:${operation}`);
    const whole =
      operation === 'BatchWriteItem'
        ? { RequestItems: { [TableName]: [{ DeleteRequest: { Key: run } }] } }
        : { TableName, ...input };
    expect(await answerTo(world, attacker, 'dynamodb', operation, whole)).toMatch(
      /^AccessDeniedException: .* with an explicit deny in a resource-based policy$/,
    );
  });

  it('writes nothing to the ledger with PartiQL, and no whole record even as one of our roles or an operator', async () => {
    const { iam } = world.cloud;
    const { attributes } = world.cloud.resource('Ledger/Table/Resource');
    const table = world.services.dynamoDb.service.operations['PutItem'];
    const [{ resourcePolicy = undefined } = {}] =
      table?.authorize({ TableName, Item: run } as never, { principal: roleOf('admission'), now: 0 }) ?? [];
    for (const action of ['PartiQLInsert', 'PartiQLUpdate', 'PartiQLDelete', 'PutItem', 'DeleteItem', 'BatchWriteItem'])
      for (const principal of [attackerWith(world, `dynamodb:${action}`), roleOf('admission')])
        expect(
          iam.deny(principal, { action: `dynamodb:${action}`, resource: String(attributes['Arn']), resourcePolicy }),
        ).toContain('explicit deny in a resource-based policy');
  });

  it('can read the ledger: a record holds nothing that grants a right', async () => {
    const reader = attackerWith(world, 'dynamodb:GetItem');
    expect(await answerTo(world, reader, 'dynamodb', 'GetItem', { TableName, Key: run })).toBeUndefined();
  });
});

it('a role of a function that does not use the ledger, or one that may only invoke it, writes nothing to the ledger', async () => {
  const cluster = String(world.cloud.resource('Cluster-demo/Cluster/Role/Resource').attributes['Arn']);
  for (const principal of [
    { kind: 'role', roleArn: cluster, sessionName: 'taken-over' } as const,
    attackerWith(world, 'lambda:InvokeFunction'),
  ]) {
    const update = { TableName, Key: run, UpdateExpression: 'REMOVE outcome' };
    expect(await answerTo(world, principal, 'dynamodb', 'UpdateItem', update)).toContain('AccessDenied');
  }
});

it("the roles' write rights are sufficient: a node is released", async () => {
  const own = await startSimulation();
  const node = await launch(own);
  await settle(own);
  expect(own.report(node).outcome).toBe('released');
  expect(taintsOf(own, node)).toEqual([]);
  expect(own.cloud.journal.filter(({ error }) => /AccessDenied/.test(error ?? ''))).toEqual([]);
});
