import { describe, expect, it } from 'vitest';
import { provenLabel } from '../../domain/kubernetes.ts';
import { ModelledMachine } from '../../packages/lab/machines.ts';
import type { LaunchedNode, Simulation } from '../../packages/lab/simulation.ts';
import { AwsError } from '../../packages/local-aws/aws.ts';
import {
  commandsFor,
  gate,
  launch,
  nodeOf,
  pass,
  releasedTimeline,
  settle,
  startSimulation,
  taintsOf,
  timeline,
} from './scenario.ts';

const minute = 60_000;
const kernel = '6.8.0-2000-aws';

function machineOf({ machine }: LaunchedNode): ModelledMachine {
  if (!(machine instanceof ModelledMachine)) throw new Error('the machine is no modelled one');
  return machine;
}

/** A node that was released, some minutes later. */
async function releasedNode(world: Simulation): Promise<LaunchedNode> {
  const node = await launch(world);
  await settle(world);
  await pass(world, 5 * minute);
  expect(timeline(world, node)).toEqual(releasedTimeline);
  return node;
}

/** Boots a node again, with another kernel if one is named. */
function reboot(node: LaunchedNode, other?: string): void {
  machineOf(node).reboot(other);
  node.machineChanged();
}

/** Removes the handler, as another installer may, and boots the node again. */
function loseHandler(node: LaunchedNode): void {
  machineOf(node).loseRuntime();
  reboot(node);
}

function executions(world: Simulation): readonly string[] {
  return world.services.states
    .executions()
    .map(({ name, status }) => `${name.split('-').slice(3, -1).join('-')} ${status}`);
}

describe('a released node that was booted again with another kernel', () => {
  it('is re-verified by the document that changes nothing, and stays open meanwhile', async () => {
    const world = await startSimulation();
    const node = await releasedNode(world);
    const gated: boolean[] = [];
    world.clusters.get('demo')?.watchNodes(({ spec }) => {
      gated.push(spec?.taints?.some(({ key }) => key === gate) ?? false);
    });
    reboot(node, kernel);
    await pass(world, 8 * minute);

    expect(timeline(world, node)).toEqual([
      ...releasedTimeline,
      'Node Admitted',
      'Command Sent',
      'Node Proven',
      'Proof Pod Ran',
      'Node Reverified',
    ]);
    expect(executions(world)).toEqual(['install-1 SUCCEEDED', 'reverify-1 SUCCEEDED']);
    expect(commandsFor(world, node)).toBe(2);
    expect(machineOf(node).restarts()).toBe(1);
    expect(gated.length).toBeGreaterThan(0);
    expect(gated).not.toContain(true);
    const [document] = world.services.ssm.commands().toSorted((a, b) => b.requestedAt - a.requestedAt);
    expect(document?.document.name).toMatch(/^airlock-gvisor-prove-/);
    const receipt = JSON.parse(nodeOf(world, node).metadata.annotations?.['airlock.dev/receipt'] ?? '');
    expect(receipt.installation.host.kernel).toBe(kernel);
  });

  it('is re-verified once for each such boot', async () => {
    const world = await startSimulation();
    const node = await releasedNode(world);
    reboot(node, kernel);
    await pass(world, 30 * minute);
    reboot(node, '6.8.0-2001-aws');
    await pass(world, 30 * minute);
    expect(executions(world)).toEqual(['install-1 SUCCEEDED', 'reverify-1 SUCCEEDED', 'reverify-2 SUCCEEDED']);
    expect(taintsOf(world, node)).toEqual([]);
  });

  it('is not judged by a result without an event: reconcile asks for it', async () => {
    const world = await startSimulation();
    const node = await releasedNode(world);
    world.services.events.delivery = ({ event }) => (event.source === 'aws.ssm' ? [] : undefined);
    reboot(node, kernel);
    await pass(world, 12 * minute);
    expect(timeline(world, node).at(-1)).toBe('Node Reverified');
    expect(commandsFor(world, node)).toBe(2);
  });

  it('is no failure if its instance goes away meanwhile, and its launch does not end twice', async () => {
    const world = await startSimulation();
    const node = await releasedNode(world);
    world.cloud.faults = {
      beforeCall: ({ operation }) =>
        operation === 'SendCommand' ? new AwsError('ThrottlingException', 'Rate exceeded') : undefined,
    };
    reboot(node, kernel);
    await pass(world, 4 * minute);
    // Throttling defers the command for minutes, and the trail has that once.
    expect(timeline(world, node)).toEqual([...releasedTimeline, 'Node Admitted', 'Command Deferred']);
    world.services.ec2.terminate(node.instanceId);
    await pass(world, minute);
    expect(timeline(world, node)).toEqual([
      ...releasedTimeline,
      'Node Admitted',
      'Command Deferred',
      'Reverification Failed',
    ]);
    expect(world.report(node).outcome).toBe('instance-gone');
    expect(world.services.states.running).toBe(0);
  });
});

describe('a released node whose handler is gone', () => {
  it('gets its gate back, loses the label, and is not terminated', async () => {
    const world = await startSimulation();
    const node = await releasedNode(world);
    loseHandler(node);
    await pass(world, 12 * minute);

    expect(timeline(world, node).at(-1)).toBe('Reverification Failed');
    const receipt = JSON.parse(nodeOf(world, node).metadata.annotations?.['airlock.dev/receipt'] ?? '');
    expect(receipt).toMatchObject({ gate: 'returned' });
    expect(taintsOf(world, node).toSorted()).toEqual([gate, 'airlock.dev/quarantined']);
    expect(nodeOf(world, node).metadata.labels?.[provenLabel]).toBeUndefined();
    expect(world.services.ec2.instance(node.instanceId).state).toBe('running');
    await pass(world, 60 * minute);
    expect(executions(world)).toEqual(['install-1 SUCCEEDED', 'reverify-1 FAILED']);
  });
});

describe('released nodes that all lose their handler', () => {
  it('get their gates back under the breaker: it opens, no substitute is requested after that, and those are tried again', async () => {
    const world = await startSimulation();
    const nodes = [];
    for (let count = 0; count < 4; count++) nodes.push(await launch(world));
    await settle(world);
    await pass(world, 61 * minute);
    for (const node of nodes) loseHandler(node);
    await pass(world, 4 * minute);
    const marked = nodes.map((node) => taintsOf(world, node).includes('airlock.dev/quarantined'));
    expect(nodes.every((node) => taintsOf(world, node).includes(gate))).toBe(true);
    expect(marked.filter(Boolean).length).toBeLessThan(nodes.length);
    const told = () => world.audit().map((event) => event['detail-type']);
    expect(told().filter((type) => type === 'Breaker Opened')).toHaveLength(1);
    await pass(world, 20 * minute);
    const open = nodes.map((node) => taintsOf(world, node).length === 0);
    expect(open).toEqual(marked.map((one) => !one));
    expect(told().filter((type) => type === 'Breaker Closed')).toHaveLength(1);
  });
});
