import { type Advisory, exposeAffected, type Severity } from '../../domain/advisories.ts';
import { type Catalogue, runtimeOf } from '../../domain/catalogue.ts';
import type { Deadline, FleetRollout, Share } from '../../domain/rollout/settings.ts';
import { type Runtime, runtimeTraits } from '../../domain/runtimes.ts';
import type { PoolRolloutConfig, RolloutConfig } from './rollout.ts';
import type { Config } from './schema.ts';

const minutesPer = { m: 1, h: 60, d: 24 * 60 } as const;

/** Reads a duration of `airlock.yaml`, in minutes. */
export function minutesOf(duration: string): number {
  return Number.parseInt(duration, 10) * minutesPer[duration.slice(-1) as keyof typeof minutesPer];
}

function shareOf(share: number | string): Share {
  return typeof share === 'number' ? { nodes: share } : { percent: Number.parseInt(share, 10) };
}

function quarterOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 4 + minutes / 15;
}

/** The settings of a pool that are there, in the form that the reconcile function reads. */
function convert({ waves, soak, maxUnavailable, maxDisruptionWait, windows }: PoolRolloutConfig) {
  return {
    ...(waves && { waves: waves.map(shareOf) }),
    ...(soak && { soakMinutes: minutesOf(soak) }),
    ...(maxUnavailable && { maxUnavailable: shareOf(maxUnavailable) }),
    ...(maxDisruptionWait && { maxDisruptionMinutes: minutesOf(maxDisruptionWait) }),
    ...(windows && {
      windows: windows.map(({ from, to, ...rest }) => ({ ...rest, from: quarterOf(from), to: quarterOf(to) })),
    }),
  };
}

/**
 * What the reconcile function needs to roll versions out: the block `rollout`, what pools have instead, and the
 * advisories that have to be fixed by a time.
 *
 * @returns null if `airlock.yaml` has no such block
 */
export function fleetRolloutOf(
  { rollout, runtimes, pools }: Pick<Config, 'rollout' | 'runtimes' | 'pools'>,
  catalogue: Catalogue,
): FleetRollout | null {
  if (rollout === undefined) return null;
  const { waves, soak, maxUnavailable, deadlines } = rollout;
  const own = pools.flatMap(({ name, rollout: own }) => (own === undefined ? [] : [{ name, ...convert(own) }]));
  return {
    ...convert(rollout),
    ...{ waves: waves.map(shareOf), soakMinutes: minutesOf(soak), maxUnavailable: shareOf(maxUnavailable) },
    ...(own.length === 0 ? {} : { pools: own }),
    deadlines: Object.keys(runtimes).flatMap((name) =>
      deadlinesOf(name as Runtime, { deadlines, runtimes }, catalogue),
    ),
  };
}

/**
 * Finds pools with settings of rollouts although there are no rollouts.
 *
 * @returns a sentence for each
 */
export function strayRollouts({ rollout, pools }: Pick<Config, 'rollout' | 'pools'>): readonly string[] {
  if (rollout !== undefined) return [];
  return pools.flatMap(({ rollout: own }, at) =>
    own === undefined
      ? []
      : [
          `pools.${at}.rollout: is ${JSON.stringify(own)}; accepted: only with the block rollout, for instance rollout: {}`,
        ],
  );
}

/**
 * The advisories of a runtime that the configuration is exposed to and that have a deadline. It counts from the day of
 * publication, in UTC.
 */
function deadlinesOf(
  runtime: Runtime,
  { deadlines, runtimes }: Pick<RolloutConfig, 'deadlines'> & Pick<Config, 'runtimes'>,
  catalogue: Catalogue,
): readonly Deadline[] {
  const configuration = {
    handler: runtimeTraits[runtime].handlers[0],
    annotations: runtimes[runtime]?.annotations ?? [],
  };
  // A node may have a version that the catalogue does not pin any more.
  const concerns = (advisory: Advisory) => exposeAffected(advisory, configuration) !== 'not-exposed';
  return runtimeOf(catalogue, runtime).advisories.flatMap((advisory) => {
    const { id, severity, published, affected } = advisory;
    const allowed = deadlines[severity satisfies Severity];
    if (allowed === undefined || !concerns(advisory)) return [];
    const due = new Date(Date.parse(published) + minutesOf(allowed) * 60_000).toISOString();
    return [{ id, runtime, severity, affected, due }];
  });
}
