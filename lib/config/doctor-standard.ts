import { versionOf } from '../../domain/catalogue.ts';
import { type Standard, virtualizedFamilies } from '../../domain/doctor/standard.ts';
import type { Runtime } from '../../domain/runtimes.ts';
import { poolsOf } from './profiles.ts';
import type { Settings } from './settings.ts';

/** What doctor holds everything against, taken from `airlock.yaml` and the catalogue. */
export function standardOf({ config, catalogue, versions }: Settings): Standard {
  return {
    gate: config.gate,
    clusters: config.clusters.map(({ name, endpoint, private: inside }) => ({
      name,
      private: inside,
      isInEks: endpoint === undefined,
    })),
    pools: poolsOf(config),
    versions,
    virtualizedFamilies: virtualizedFamilies(catalogue),
    catalogue,
  };
}

/** The addresses that nodes download the default versions from; none if they have a mirror. */
export function artifactsOf({ config, catalogue, versions }: Settings): readonly string[] {
  if (config.artifacts === 'mirror') return [];
  return Object.entries(versions).flatMap(([name, { default: chosen }]) => {
    const runtime = name as Runtime;
    const { artifacts = {} } = versionOf(catalogue, runtime, chosen) ?? {};
    return Object.values(artifacts).flatMap((artifact) => artifact?.url ?? []);
  });
}
