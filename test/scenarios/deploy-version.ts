import type { Admissible } from '../../domain/function-settings.ts';
import { pack, unpack } from '../../domain/packed.ts';
import type { RolloutSettings } from '../../domain/rollout/settings.ts';
import type { Runtime } from '../../domain/runtimes.ts';
import type { Versions } from '../../domain/tags.ts';
import type { Simulation } from '../../packages/lab/simulation.ts';
import { grantRollouts } from './grant-rollouts.ts';
import { functionName } from './observe.ts';

/** Waves of one node, half the pool and the whole pool, with little time between them. */
export const quickRollout: RolloutSettings = {
  waves: [{ nodes: 1 }, { percent: 50 }, { percent: 100 }],
  soakMinutes: 4,
  maxUnavailable: { nodes: 2 },
  deadlines: [],
};

/** What a deployment changes about a runtime's versions. */
export interface VersionChange {
  readonly default: string;
  /** The versions that an advisory withdraws. */
  readonly withdrawn?: readonly string[];
}

function changed(versions: Versions, runtime: Runtime, change: VersionChange): Versions {
  const own = versions[runtime];
  if (own === undefined) throw new Error(`${runtime} is not configured`);
  const withdrawn = Object.fromEntries((change.withdrawn ?? []).map((one) => [one, 'CVE-2026-1, high']));
  return { ...versions, [runtime]: { ...own, default: change.default, withdrawn } };
}

/** The variables of a function's environment with other versions. */
export function withVersions(variables: Record<string, string>, runtime: Runtime, change: VersionChange) {
  const after = { ...variables };
  if ('ADMISSIBLE' in after) {
    const admissible = unpack(after['ADMISSIBLE'] ?? '') as Admissible;
    after['ADMISSIBLE'] = pack({ ...admissible, versions: changed(admissible.versions, runtime, change) });
  }
  if ('VERSIONS' in after)
    after['VERSIONS'] = pack(changed(unpack(after['VERSIONS'] ?? '') as Versions, runtime, change));
  return after;
}

/** Deploys another version for new launches, in the functions that know versions. */
export function deployVersion(world: Simulation, runtime: Runtime, change: VersionChange): void {
  const { cloud } = world;
  for (const construct of ['Admission', 'Dispatch', 'Reconcile']) {
    const name = functionName(world, construct);
    const { environment } = cloud.lambda.function(name).settings;
    cloud.lambda.update(name, { environment: withVersions(environment, runtime, change) });
  }
}

/** Switches rollouts on, as a deployment does. */
export function deployRollout(world: Simulation, rollout: RolloutSettings): void {
  grantRollouts(world);
  const name = functionName(world, 'Reconcile');
  const { environment } = world.cloud.lambda.function(name).settings;
  world.cloud.lambda.update(name, { environment: { ...environment, ROLLOUT: pack({ rollout }) } });
}
