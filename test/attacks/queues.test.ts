import { beforeAll, describe, expect, inject, it } from 'vitest';
import type { Simulation } from '../../packages/lab/simulation.ts';
import type { Principal } from '../../packages/local-aws/aws.ts';
import { withOperator } from '../scenarios/operator.ts';
import { functionName, launch, settle, startSimulation } from '../scenarios/scenario.ts';
import { answerTo, attackerWith } from './attacker.ts';

/** Each queue's construct, and the part of the stack whose role may send to it; none if only rules may. */
const queues = [
  ['Admission/Queue', [], ['Admission/Running'], 'Admission'],
  ['Dispatch/Queue', ['Workflow/StateMachine/Role'], [], 'Dispatch'],
  ['Results/Queue', [], ['Results/Ended'], 'Results'],
  ['Cluster-demo/Cluster/Queue', ['Workflow/StateMachine/Role'], [], 'Cluster-demo/Cluster'],
  ['Terminations/Queue', ['Admission/Role', 'Reconcile/Role'], ['Terminations/Ended'], 'Terminations'],
] as const;

const arnOf = (world: Simulation, path: string) => String(world.cloud.resource(`${path}/Resource`).attributes['Arn']);
const urlOf = (world: Simulation, path: string) => world.cloud.resource(`${path}/Resource`).ref;
const roleOf = (world: Simulation, path: string): Principal => ({
  kind: 'role',
  roleArn: arnOf(world, path),
  sessionName: 'x',
});
const eventBridge = (sourceArn: string) => ({ kind: 'service', service: 'events.amazonaws.com', sourceArn }) as const;
const send = (world: Simulation, who: Principal, QueueUrl: string) =>
  answerTo(world, who, 'sqs', 'SendMessage', { QueueUrl, MessageBody: '{}' });
const explicit = /AccessDenied: .*with an explicit deny in a resource-based policy/;

describe.each(queues)('the queue %s', (path, writers, rules, reader) => {
  it('rejects a principal that only has sqs:SendMessage, and a service without one of our rules', async () => {
    const world = await startSimulation();
    const attacker = attackerWith(world, 'sqs:SendMessage');
    for (const kind of ['Queue', 'DeadLetters']) {
      const url = urlOf(world, `${path}/${kind}`);
      expect(await send(world, attacker, url)).toMatch(explicit);
      expect(await send(world, eventBridge('arn:aws:events:eu-central-1:123456789012:rule/other'), url)).toMatch(
        explicit,
      );
      expect(await send(world, eventBridge('arn:aws:events:eu-central-1:999999999999:rule/other'), url)).toMatch(
        explicit,
      );
    }
    expect(world.services.sqs.byUrl(urlOf(world, `${path}/Queue`)).visible).toBe(0);
  });

  it('accepts messages from its own senders', async () => {
    const world = await startSimulation();
    for (const writer of writers)
      expect(await send(world, roleOf(world, writer), urlOf(world, `${path}/Queue`))).toBeUndefined();
    for (const rule of rules) {
      for (const kind of ['Queue', 'DeadLetters'])
        expect(await send(world, eventBridge(arnOf(world, rule)), urlOf(world, `${path}/${kind}`))).toBeUndefined();
    }
  });

  it("rejects messages redirected from an attacker's queue that names it as its dead-letter queue", async () => {
    const world = await startSimulation();
    const attacker = attackerWith(world, 'sqs:CreateQueue');
    for (const kind of ['Queue', 'DeadLetters']) {
      const RedrivePolicy = JSON.stringify({
        deadLetterTargetArn: arnOf(world, `${path}/${kind}`),
        maxReceiveCount: 1,
      });
      const own = { QueueName: `own-${kind}`, Attributes: { VisibilityTimeout: '0', RedrivePolicy } };
      expect(await answerTo(world, attacker, 'sqs', 'CreateQueue', own)).toMatch(
        /^InvalidParameterValue: .*does not allow redrive from/,
      );
    }
  });

  it('delivers its messages only to its function', async () => {
    const world = await startSimulation();
    const { roleArn } = world.cloud.lambda.function(functionName(world, reader)).settings;
    const take = (who: Principal, QueueUrl: string) => answerTo(world, who, 'sqs', 'ReceiveMessage', { QueueUrl });
    const attacker = attackerWith(world, 'sqs:ReceiveMessage');
    expect(await take({ kind: 'role', roleArn, sessionName: 'x' }, urlOf(world, `${path}/Queue`))).toBeUndefined();
    for (const kind of ['Queue', 'DeadLetters'])
      expect(await take(attacker, urlOf(world, `${path}/${kind}`))).toMatch(explicit);
  });
});

describe('dead letters', () => {
  beforeAll(() => withOperator());

  const move = (world: Simulation, who: Principal) =>
    answerTo(world, who, 'sqs', 'StartMessageMoveTask', {
      SourceArn: arnOf(world, 'Dispatch/Queue/DeadLetters'),
      DestinationArn: arnOf(world, 'Dispatch/Queue/Queue'),
    });
  const rights = [
    'sqs:StartMessageMoveTask',
    'sqs:ReceiveMessage',
    'sqs:DeleteMessage',
    'sqs:GetQueueAttributes',
    'sqs:SendMessage',
  ] as const;

  it('can be redriven only by a role that airlock.yaml lists under operators', async () => {
    for (const [assembly, wanted] of [
      [await withOperator(), undefined],
      [inject('assembly'), explicit],
    ] as const) {
      const world = await startSimulation([], undefined, assembly);
      const other = attackerWith(world, ...rights);
      expect(await move(world, other)).toMatch(explicit);
      const role = world.cloud.iam.role(other.kind === 'role' ? other.roleArn : '');
      const roleArn = 'arn:aws:iam::123456789012:role/Operator';
      world.cloud.iam.roles.set('Operator', { ...role, name: 'Operator', arn: roleArn });
      const said = await move(world, { kind: 'role', roleArn, sessionName: 'x' });
      if (wanted === undefined) expect(said).toBeUndefined();
      else expect(said).toMatch(wanted);
    }
  });

  it('do not occur for a released node', async () => {
    const world = await startSimulation();
    await launch(world);
    await settle(world);
    expect(world.services.sqs.all().filter(({ visible }) => visible > 0)).toEqual([]);
    expect(world.cloud.journal.filter(({ error }) => error?.includes('Denied'))).toEqual([]);
  });
});
