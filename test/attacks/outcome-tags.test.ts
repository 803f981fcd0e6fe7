import { expect, it } from 'vitest';
import { ModelledMachine } from '../../packages/lab/machines.ts';
import { functionName, launch, pass, settle, startSimulation, taintsOf, timeline } from '../scenarios/scenario.ts';
import { answerTo, attackerWith } from './attacker.ts';

const minute = 60_000;

it('tags state the outcome of a launch, decide nothing when they are forged, and are corrected in the next pass', async () => {
  const world = await startSimulation([], async () => new ModelledMachine(['not-sandboxed']));
  const node = await launch(world);
  await settle(world);
  await pass(world, 3 * minute);
  const tags = () => world.services.ec2.instance(node.instanceId).tags;
  const stated = {
    'airlock:outcome': 'proof-failed',
    'airlock:version': expect.stringMatching(/^gvisor@/),
    'airlock:at': expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\dZ$/),
  };
  expect(tags()).toMatchObject(stated);
  const before = { timeline: timeline(world, node), taints: taintsOf(world, node) };
  const calls = () => world.cloud.journal.filter(({ operation }) => operation === 'CreateTags').length;

  const forger = attackerWith(world, 'ec2:CreateTags');
  const forged = { Resources: [node.instanceId], Tags: [{ Key: 'airlock:outcome', Value: 'released' }] };
  expect(await answerTo(world, forger, 'ec2', 'CreateTags', forged)).toBeUndefined();
  const made = calls();
  await pass(world, 10 * minute);
  expect(tags()).toMatchObject(stated);
  expect({ timeline: timeline(world, node), taints: taintsOf(world, node) }).toEqual(before);
  // One call corrects them, and later passes make none.
  expect(calls()).toBe(made + 1);

  const { roleArn } = world.cloud.lambda.function(functionName(world, 'Reconcile')).settings;
  const role = { kind: 'role', roleArn, sessionName: 'x' } as const;
  const put = (Resources: readonly string[], ...keys: readonly string[]) =>
    answerTo(world, role, 'ec2', 'CreateTags', { Resources, Tags: keys.map((Key) => ({ Key, Value: 'x' })) });
  const stranger = await launch(world, { tags: {}, without: ['airlock:runtime'] });
  const denied = expect.stringContaining('UnauthorizedOperation');
  expect(await put([node.instanceId], 'airlock:outcome', 'airlock:version', 'airlock:at')).toBeUndefined();
  expect(await put([node.instanceId], 'airlock:runtime')).toEqual(denied);
  expect(await put([node.instanceId], 'airlock:outcome', 'Name')).toEqual(denied);
  expect(await put([node.instanceId])).toEqual(denied);
  expect(await put([stranger.instanceId], 'airlock:outcome')).toEqual(denied);
  expect(await put([node.instanceId, stranger.instanceId], 'airlock:outcome')).toEqual(denied);
});
