import { describe, expect, it } from 'vitest';
import { provenLabel } from '../../domain/kubernetes.ts';
import { ModelledMachine } from '../../packages/lab/machines.ts';
import type { LaunchedNode, Simulation } from '../../packages/lab/simulation.ts';
import { Cause } from './cause.ts';
import { deployVersion, quickRollout } from './deploy-version.ts';
import { withRollout } from './roll-out.ts';
import { gate, launch, nodeOf, pass, settle, startSimulation, taintsOf, timeline, withShell } from './scenario.ts';

const minute = 60_000;
const modelled = async () => new ModelledMachine();
const [before, after] = ['20260921.0', '20260928.0'];

async function releasedPool(world: Simulation, size: number): Promise<readonly LaunchedNode[]> {
  const nodes = [];
  for (let at = 0; at < size; at++) nodes.push(await launch(world));
  await settle(world);
  for (const node of nodes) expect(versionOf(world, node)).toBe(before);
  return nodes;
}

/** The version on the receipt of a Node. */
function versionOf(world: Simulation, node: LaunchedNode): string | undefined {
  const receipt = JSON.parse(nodeOf(world, node).metadata.annotations?.['airlock.dev/receipt'] ?? '{}');
  return receipt.installation?.version;
}

const rolloutEvents = (world: Simulation) =>
  world.audit().flatMap((event) => (event['detail-type'].startsWith('Rollout ') ? [event['detail-type']] : []));

describe('a pool whose new launches get another version', () => {
  it('gets it in waves, by the run that installs and proves, with its gate closed meanwhile', async () => {
    const assembly = withRollout(quickRollout, 'gvisor', { default: before });
    const world = await startSimulation([], modelled, assembly);
    const nodes = await releasedPool(world, 4);
    /** The most nodes that were out at once, and the versions that open nodes had a label for. */
    let most = 0;
    world.clusters.get('demo')?.watchNodes(() => {
      const out = nodes.filter((node) => nodeOf(world, node).spec?.taints?.some(({ key }) => key === gate)).length;
      most = Math.max(most, out);
    });
    deployVersion(world, 'gvisor', { default: after, withdrawn: [before] });
    await pass(world, 60 * minute);

    for (const node of nodes) {
      expect(versionOf(world, node)).toBe(after);
      expect(taintsOf(world, node)).toEqual([]);
      expect(nodeOf(world, node).metadata.labels?.[provenLabel]).toBe('gvisor');
      expect(
        timeline(world, node)
          .slice(5)
          .filter((type) => type !== 'Node Outdated'),
      ).toEqual(['Node Admitted', 'Command Sent', 'Node Proven', 'Proof Pod Ran', 'Node Reverified']);
    }
    expect(most).toBe(2);
    expect(rolloutEvents(world)).toEqual([
      'Rollout Started',
      'Rollout Wave Done',
      'Rollout Wave Done',
      'Rollout Finished',
    ]);
  });

  it('loses one node to a bad version: the others keep what they have', async () => {
    const cause = new Cause();
    cause.fixed = true;
    const assembly = withRollout(quickRollout, 'gvisor', { default: before });
    const world = await startSimulation([], cause.machine, assembly);
    const nodes = await releasedPool(world, 3);
    cause.fixed = false;
    deployVersion(world, 'gvisor', { default: after, withdrawn: [before] });
    await pass(world, 60 * minute);

    const [closed, ...others] = nodes.filter((node) => taintsOf(world, node).length > 0);
    expect(closed && taintsOf(world, closed)).toEqual(['airlock.dev/bootstrap', 'airlock.dev/quarantined']);
    expect(others).toEqual([]);
    for (const node of nodes.filter((one) => one !== closed)) expect(versionOf(world, node)).toBe(before);
    expect(rolloutEvents(world)).toEqual(['Rollout Started', 'Rollout Stopped']);
  });

  it('gives way if its runtime is not switched under sandboxes, and ends after the time of its pool', async () => {
    const settings = { ...quickRollout, pools: [{ name: 'sandboxed', maxDisruptionMinutes: 30 }] };
    const assembly = withRollout(settings, 'kata', { default: '4.1.0' });
    const world = await startSimulation([], await withShell(), assembly);
    const node = await launch(world, { runtimeLabel: 'kata', tags: { 'airlock:runtime': 'kata' } });
    await settle(world);
    deployVersion(world, 'kata', { default: '4.2.0' });
    await pass(world, 12 * minute);
    expect(taintsOf(world, node)).toEqual(['airlock.dev/bootstrap', 'airlock.dev/quarantined']);
    expect(world.services.ec2.instance(node.instanceId)?.state).toBe('running');
    await pass(world, 30 * minute);
    expect(world.services.ec2.instance(node.instanceId)?.state).toBe('terminated');
    expect(rolloutEvents(world)).toEqual(['Rollout Started', 'Rollout Finished']);
  });
});
