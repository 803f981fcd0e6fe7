import { expect, it } from 'vitest';
import { ModelledMachine } from '../../packages/lab/machines.ts';
import type { LaunchedNode, Simulation } from '../../packages/lab/simulation.ts';
import { latency } from '../scale/latency.ts';
import { commandsFor, done, launch, pass, settle, startSimulation, withoutReconcile } from './scenario.ts';

const start = () => startSimulation([], async () => new ModelledMachine());

/** Milliseconds from the time at which a node's agent came online until its command was sent. */
function waited(world: Simulation, { instanceId, launchedAt }: LaunchedNode, agentAfterMs: number): number {
  const sent = world.services.ssm.commands().find(({ invocations }) => invocations[0]?.instanceId === instanceId);
  return (sent?.requestedAt ?? Number.NaN) - launchedAt - agentAfterMs;
}

it('a single node gets its command at most two seconds after its agent is online, even in a pool without arrivals', async () => {
  const world = await start();
  world.cloud.faults = latency(world.clock);
  const agentAfterMs = 25_400;
  const node = await launch(world, { agentAfterMs });
  await settle(world);

  expect(waited(world, node, agentAfterMs)).toBeLessThanOrEqual(2_900);
});

it.each([17_300, 43_700, 95_200])(
  'a single node of a pool whose agents come online after %i ms gets its command a second after its agent, with few polls',
  async (agentAfterMs) => {
    const world = await start();
    world.cloud.faults = latency(world.clock);
    withoutReconcile(world);
    for (let earlier = 0; earlier < 3; earlier++) await launch(world, { agentAfterMs: agentAfterMs + earlier * 400 });
    await settle(world);
    const before = done(world, 'DescribeInstanceInformation');
    const node = await launch(world, { agentAfterMs });
    await settle(world);

    expect(waited(world, node, agentAfterMs)).toBeLessThanOrEqual(1_900);
    expect(done(world, 'DescribeInstanceInformation') - before).toBeLessThanOrEqual(8);
  },
);

it('a crowd shares commands and polls, and leaves no message', async () => {
  const world = await start();
  world.cloud.faults = latency(world.clock);
  const nodes = await Promise.all(Array.from({ length: 60 }, () => launch(world)));
  await settle(world);

  expect(nodes.map((node) => commandsFor(world, node))).toEqual(Array(60).fill(1));
  expect(done(world, 'SendCommand')).toBeLessThanOrEqual(8);
  await pass(world, 10 * 60_000);
  const left = world.services.sqs.all().filter(({ visible, inFlight }) => visible + inFlight > 0);
  expect(left.map(({ settings }) => settings.name)).toEqual([]);
});

it('what a dying function received by itself returns to the queue, and each node is sent one command', async () => {
  const world = await start();
  let deaths = 1;
  world.cloud.faults = {
    beforeCall: ({ operation }) => (operation === 'SendCommand' && deaths-- > 0 ? 'crash' : undefined),
  };
  const nodes = await Promise.all(Array.from({ length: 30 }, () => launch(world)));
  await settle(world);

  expect(nodes.map((node) => world.report(node).outcome)).toEqual(Array(30).fill('released'));
  expect(nodes.map((node) => commandsFor(world, node))).toEqual(Array(30).fill(1));
});
