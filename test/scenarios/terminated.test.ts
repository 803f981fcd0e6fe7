import { describe, expect, it } from 'vitest';
import { provenLabel } from '../../domain/kubernetes.ts';
import { type LaunchedNode, receiptIn, type Simulation } from '../../packages/lab/simulation.ts';
import {
  commandsFor,
  done,
  gate,
  launch,
  pass,
  settle,
  startSimulation,
  taintsOf,
  timeline,
  withoutReconcile,
} from './scenario.ts';
import { endless } from './slow.ts';

const stages: readonly (readonly [string, number])[] = [
  ['is pending', 4_000],
  ['waits for its agent', 20_000],
  ['has a command at work', 60_000],
];

const ways: readonly (readonly [string, (world: Simulation, node: LaunchedNode) => void])[] = [
  ['is terminated', ({ services }, { instanceId }) => services.ec2.terminate(instanceId)],
  ['is stopped', ({ services }, { instanceId }) => services.ec2.stop(instanceId)],
];

/** The number of ends in the audit trail. */
function ends(world: Simulation, node: LaunchedNode): readonly string[] {
  return timeline(world, node).filter((type) => /Released|Quarantined|Discarded|Replaced/.test(type));
}

describe.each(ways)('an instance that %s', (_, depart) => {
  it('while its installation runs ends immediately as instance-gone, and the command is cancelled', async () => {
    const world = await startSimulation([], endless);
    const node = await launch(world);
    await pass(world, 60_000);
    expect(commandsFor(world, node)).toBe(1);
    const before = world.clock.now();
    depart(world, node);
    await settle(world);

    const receipt = receiptIn(world.timelineOf(node));
    expect(receipt?.outcome).toBe('instance-gone');
    expect(Date.parse(receipt?.endedAt ?? '') - before).toBeLessThanOrEqual(10_000);
    expect(world.services.states.executions().map(({ status }) => status)).toEqual(['ABORTED']);
    // SSM refuses to cancel a command on an instance that shuts down, so nothing is left to cancel.
    const cancelled = world.cloud.journal.filter(({ operation }) => operation === 'CancelCommand');
    const gone = world.services.ec2.instance(node.instanceId).state === 'shutting-down';
    expect(cancelled.map(({ error }) => error)).toEqual([gone ? 'InvalidInstanceId' : undefined]);
    await pass(world, 30 * 60_000);
    expect(ends(world, node)).toEqual(['Launch Discarded']);
    expect(world.cloud.logs.groups.flatMap((group) => world.cloud.logs.events(group))).not.toContainEqual(
      expect.objectContaining({ message: expect.stringContaining('ReleaseRate') }),
    );
  });
});

describe('an instance with a spot warning', () => {
  it('continues, and ends as instance-gone once EC2 takes it away', async () => {
    const world = await startSimulation([], endless);
    const node = await launch(world);
    await pass(world, 60_000);
    const before = world.clock.now();
    world.services.ec2.interrupt(node.instanceId);
    await pass(world, 110_000);
    expect(ends(world, node)).toEqual([]);
    await settle(world);

    expect(ends(world, node)).toEqual(['Launch Discarded']);
    expect(Date.parse(receiptIn(world.timelineOf(node))?.endedAt ?? '') - before).toBeLessThanOrEqual(130_000);
  });
});

describe.each(stages)('an instance that is terminated while it %s', (_, afterMs) => {
  it('gets no command after that, and has at most one end', async () => {
    const world = await startSimulation([], endless);
    const node = await launch(world);
    await pass(world, afterMs);
    const sent = commandsFor(world, node);
    world.services.ec2.terminate(node.instanceId);
    await pass(world, 60 * 60_000);
    expect(commandsFor(world, node)).toBe(sent);
    // An instance that never ran was never admitted.
    expect(ends(world, node)).toEqual(afterMs < 8_000 ? [] : ['Launch Discarded']);
    expect(world.services.states.running).toBe(0);
  });
});

describe('an instance that is terminated while it waits for its Node', () => {
  it('ends immediately: no other call to the cluster is waited for', async () => {
    const world = await startSimulation();
    const node = await launch(world, { joinAfterMs: undefined });
    await pass(world, 120_000);
    expect(timeline(world, node)).toContain('Node Proven');
    world.services.ec2.terminate(node.instanceId);
    await pass(world, 10_000);
    expect(ends(world, node)).toEqual(['Launch Discarded']);
    await pass(world, 60 * 60_000);
    expect(ends(world, node)).toEqual(['Launch Discarded']);
  });
});

describe('an instance that is released', () => {
  it('has had its end: Airlock ignores its termination', async () => {
    const world = await startSimulation();
    const node = await launch(world);
    await settle(world);
    world.services.ec2.terminate(node.instanceId);
    await pass(world, 60_000);
    expect(ends(world, node)).toEqual(['Node Released']);
    expect(done(world, 'StopExecution')).toBe(0);
  });
});

describe('an instance that is stopped and started again', () => {
  it('is another launch, with its own end', async () => {
    const world = await startSimulation();
    const node = await launch(world, { agentAfterMs: undefined });
    await pass(world, 60_000);
    world.services.ec2.stop(node.instanceId);
    await pass(world, 60_000);
    world.services.ec2.start(node.instanceId);
    await pass(world, 30 * 60_000);
    expect(world.services.states.executions().map(({ status }) => status)).toEqual(['ABORTED', 'FAILED']);
    const outcomes = world.timelineOf(node).flatMap(({ detail }) => ('endedAt' in detail ? [detail.outcome] : []));
    expect(outcomes).toEqual(['instance-gone', 'agent-offline']);
  });

  it("has its earlier launch ended, and that launch's command never ran, although no event reported the stop", async () => {
    const world = await startSimulation();
    const node = await launch(world);
    await pass(world, 25_100);
    world.services.ssm.agents.silence(node.instanceId);
    await pass(world, 10_000);
    expect(commandsFor(world, node)).toBe(1);
    withoutReconcile(world);
    world.services.events.delivery = ({ event }) => (event.detail['state'] === 'running' ? undefined : []);
    world.services.ec2.stop(node.instanceId);
    await pass(world, 60_000);
    world.services.ec2.start(node.instanceId);
    node.comeUp();
    world.services.events.delivery = undefined;
    await pass(world, 5 * 60_000);

    expect(timeline(world, node)).toEqual([
      ...['Node Admitted', 'Command Sent', 'Node Admitted', 'Launch Discarded'],
      ...['Installation Failed', 'Command Sent', 'Node Proven', 'Proof Pod Ran', 'Node Released'],
    ]);
    const statuses = world.services.ssm
      .commands()
      .flatMap(({ invocations }) => invocations.map(({ status }) => status));
    expect(statuses).toEqual(['Cancelled', 'Success']);
  });

  it('gets its gate back and loses the label of its release before anything else, and is released by a new proof', async () => {
    const world = await startSimulation();
    const node = await launch(world);
    await settle(world);
    await pass(world, 5 * 60_000);
    expect(taintsOf(world, node)).toEqual([]);
    world.services.ec2.stop(node.instanceId);
    await pass(world, 60_000);
    const seen: string[] = [];
    const before = commandsFor(world, node);
    world.clusters.get('demo')?.watchNodes(({ metadata, spec }) => {
      const gated = spec?.taints?.some(({ key }) => key === gate) ?? false;
      const labelled = metadata.labels?.[provenLabel] !== undefined;
      const sent = commandsFor(world, node) - before;
      const state = `${gated ? 'gated' : 'open'}, ${labelled ? 'labelled' : 'not labelled'}, ${sent} sent`;
      if (seen.at(-1) !== state) seen.push(state);
    });
    world.services.ec2.start(node.instanceId);
    node.comeUp();
    await pass(world, 5 * 60_000);

    // The kubelet may report before and between.
    const states = seen.filter((state) => state !== 'open, labelled, 0 sent');
    expect(states.slice(0, 2)).toEqual(['gated, labelled, 0 sent', 'gated, not labelled, 0 sent']);
    expect(states.filter((state) => state.startsWith('open'))).toEqual(['open, labelled, 1 sent']);
    expect(timeline(world, node).at(-1)).toBe('Node Released');
  });
});
