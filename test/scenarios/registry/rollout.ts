import { strict as assert } from 'node:assert';
import { deployRollout, deployVersion, quickRollout } from '../deploy-version.ts';
import { cluster, gate, on, type ScenarioRun } from './scenario.ts';

const minute = 60_000;

/** Pools whose new launches get another version. */
export const rolloutScenarios = {
  'a rollout takes out as many nodes as allowed, and each is closed while it changes': on(async (scenario) => {
    const { world } = scenario;
    deployVersion(world, 'gvisor', { default: '20260921.0' });
    const waves = [{ nodes: 1 }, { percent: 100 }];
    deployRollout(world, { ...quickRollout, waves, soakMinutes: 1, maxUnavailable: { nodes: 1 } });
    const nodes = [await scenario.launch(), await scenario.launch(), await scenario.launch()];
    await scenario.settle();
    const closed = new Set<string>();
    let most = 0;
    world.clusters.get(cluster)?.watchNodes(() => {
      const out = nodes.filter((node) => scenario.node(node).spec?.taints?.some(({ key }) => key === gate));
      for (const { instanceId } of out) closed.add(instanceId);
      most = Math.max(most, out.length);
    });
    deployVersion(world, 'gvisor', { default: '20260928.0' });
    await scenario.pass(30 * minute);
    const versions = nodes.map(
      (node) =>
        JSON.parse(scenario.node(node).metadata.annotations?.['airlock.dev/receipt'] ?? '{}').installation.version,
    );
    assert.deepEqual(versions, Array(3).fill('20260928.0'));
    assert.deepEqual([closed.size, most], [3, 1]);
    scenario.undisturbed();
  }),
} as const satisfies Readonly<Record<string, ScenarioRun>>;
