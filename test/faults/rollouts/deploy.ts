import { pack, unpack } from '../../../domain/packed.ts';
import type { RolloutSettings } from '../../../domain/rollout/settings.ts';
import type { Simulation } from '../../../packages/lab/simulation.ts';
import { type VersionChange, withVersions } from '../../scenarios/deploy-version.ts';
import type { RolloutDraw } from './draw-rollout.ts';

/** The functions that know versions, by the names that the cloud gave them. */
export function versionedFunctions(world: Simulation): readonly string[] {
  const all = [...world.cloud.lambda.functions.values()];
  return all.flatMap(({ settings: { name, environment } }) =>
    'ADMISSIBLE' in environment || 'VERSIONS' in environment ? [name] : [],
  );
}

/** Changes what one function knows about versions, as a deployment does. */
export function deployVersions(
  { cloud }: Simulation,
  functionName: string,
  runtime: RolloutDraw['runtime'],
  change: VersionChange,
): void {
  const { environment } = cloud.lambda.function(functionName).settings;
  cloud.lambda.update(functionName, { environment: withVersions(environment, runtime, change) });
}

/** Changes how versions roll through the pools. */
export function deploySettings({ cloud }: Simulation, rollout: RolloutSettings): void {
  for (const { settings } of cloud.lambda.functions.values()) {
    const { name, environment } = settings;
    const { ROLLOUT } = environment;
    if (ROLLOUT === undefined) continue;
    const changed = { ...(unpack(ROLLOUT) as object), rollout };
    cloud.lambda.update(name, { environment: { ...environment, ROLLOUT: pack(changed) } });
  }
}
