import { type Advisory, decideExposure, type Severity } from '../../domain/advisories.ts';
import { type Catalogue, runtimeOf } from '../../domain/catalogue.ts';
import type { Deadline, RolloutSettings, Share } from '../../domain/rollout/settings.ts';
import { type Runtime, runtimeTraits } from '../../domain/runtimes.ts';
import type { RolloutConfig } from './rollout.ts';
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

/**
 * What the reconcile function needs to roll versions out: the block `rollout`, and the advisories that have to be fixed
 * by a time.
 *
 * @returns null if `airlock.yaml` has no such block
 */
export function rolloutSettingsOf(
  { rollout, runtimes }: Pick<Config, 'rollout' | 'runtimes'>,
  catalogue: Catalogue,
): RolloutSettings | null {
  if (rollout === undefined) return null;
  const { waves, soak, maxUnavailable, maxDisruptionWait, windows, deadlines } = rollout;
  return {
    waves: waves.map(shareOf),
    soakMinutes: minutesOf(soak),
    maxUnavailable: shareOf(maxUnavailable),
    ...(maxDisruptionWait === undefined ? {} : { maxDisruptionMinutes: minutesOf(maxDisruptionWait) }),
    ...(windows === undefined
      ? {}
      : { windows: windows.map(({ from, to, ...rest }) => ({ ...rest, from: quarterOf(from), to: quarterOf(to) })) }),
    deadlines: Object.keys(runtimes).flatMap((name) =>
      deadlinesOf(name as Runtime, { deadlines, runtimes }, catalogue),
    ),
  };
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
  const concerns = (advisory: Advisory) =>
    runtimeOf(catalogue, runtime).versions.some(({ version }) =>
      ['affected', 'unknown'].includes(decideExposure(advisory, version, configuration)),
    );
  return runtimeOf(catalogue, runtime).advisories.flatMap((advisory) => {
    const { id, severity, published, affected } = advisory;
    const allowed = deadlines[severity satisfies Severity];
    if (allowed === undefined || !concerns(advisory)) return [];
    const due = new Date(Date.parse(published) + minutesOf(allowed) * 60_000).toISOString();
    return [{ id, runtime, severity, affected, due }];
  });
}
