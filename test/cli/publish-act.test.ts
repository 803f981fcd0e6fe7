import { expect, it } from 'vitest';
import { type Act, publishAct } from '../../cli/publish-act.ts';
import { eventProblem } from '../../domain/event-schema.ts';
import { asOperator, withOperator } from '../scenarios/operator.ts';
import { pass, startSimulation } from '../scenarios/scenario.ts';

const act = {
  at: '2026-11-28T10:00:00.000Z',
  next: 'schedule',
  command: 'release',
  because: 'the pool is empty\u202e and customers wait',
  notProven: ['that a sandbox starts'],
  cluster: 'demo',
  nodeName: 'ip-10-0-0-4',
} satisfies Act;

it("an operator's act is in the audit trail, with who STS says it was, and text that is safe to show", async () => {
  const world = await startSimulation([], undefined, await withOperator());
  await asOperator(world, (reach) => publishAct(reach, act));
  await pass(world, 60_000);
  const [event, ...others] = world.audit();
  expect(others).toEqual([]);
  expect(event?.detail).toMatchObject({
    ...act,
    because: 'the pool is empty? and customers wait',
    actor: { kind: 'operator', name: expect.stringMatching(/^arn:aws:sts::\d{12}:assumed-role\/Operator\/./) },
  });
  expect(eventProblem(event?.['detail-type'] ?? '', event?.detail)).toBeUndefined();
}, 120_000);

it('an operator that airlock.yaml does not name leaves nothing in the audit trail', async () => {
  const world = await startSimulation();
  await asOperator(world, async (reach) => {
    await expect(publishAct(reach, act)).rejects.toThrow(/events:PutEvents .*explicit deny/);
  });
  await pass(world, 60_000);
  expect(world.audit()).toEqual([]);
});
