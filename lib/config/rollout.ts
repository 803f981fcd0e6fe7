import * as v from 'valibot';
import { severities } from '../../domain/advisories.ts';
import { weekdays } from '../../domain/rollout/settings.ts';

const shareForm = 'a whole number of nodes from 1 to 10000, or a share in quotes from "1%" to "100%"';
// A union passes on the message of the option whose type fits, so each has its own.
const share = v.union(
  [
    v.pipe(v.number(), v.integer(shareForm), v.minValue(1, shareForm), v.maxValue(10_000, shareForm)),
    v.pipe(v.string(), v.regex(/^([1-9][0-9]?|100)%$/, shareForm)),
  ],
  shareForm,
);

const wavesForm = 'up to 10 waves that grow and end with "100%", for instance [1, "10%", "50%", "100%"]';
const WavesSchema = v.pipe(
  v.array(share, wavesForm),
  v.minLength(1, wavesForm),
  v.maxLength(10, wavesForm),
  v.check((waves) => waves.at(-1) === '100%' && isGrowing(waves), wavesForm),
);

/** Numbers of nodes and shares cannot be compared, so each kind grows by itself. */
function isGrowing(waves: readonly (number | string)[]): boolean {
  const rises = (list: readonly number[]) => list.every((value, at) => at === 0 || value > (list[at - 1] ?? 0));
  const nodes = waves.filter((wave) => typeof wave === 'number');
  const shares = waves.filter((wave) => typeof wave === 'string').map((wave) => Number.parseInt(wave, 10));
  return rises(nodes) && rises(shares);
}

const durationForm = 'a duration in minutes, hours or days, for instance 30m, 12h or 7d';
const duration = v.pipe(v.string(durationForm), v.regex(/^[1-9][0-9]{0,3}[mhd]$/, durationForm));

const timeForm = 'a time in quotes at a quarter of an hour, for instance "22:00" or "04:30"';
const time = v.pipe(v.string(timeForm), v.regex(/^([01][0-9]|2[0-3]):(00|15|30|45)$/, timeForm));

const zoneForm = 'a time zone of the IANA database, for instance Europe/Berlin or UTC';
const WindowSchema = v.strictObject(
  {
    /** The days on which it begins. */
    days: v.optional(
      v.pipe(
        v.array(v.picklist(weekdays, weekdays.join(', ')), weekdays.join(', ')),
        v.minLength(1, weekdays.join(', ')),
        v.check((days) => new Set(days).size === days.length, 'each day once'),
      ),
      [...weekdays],
    ),
    from: time,
    /** A time before `from` is on the next day. */
    to: time,
    timeZone: v.optional(
      v.pipe(v.string(zoneForm), v.regex(/^[A-Za-z0-9_+/-]{1,50}$/, zoneForm), v.check(isTimeZone, zoneForm)),
      'UTC',
    ),
  },
  'days, from, to and timeZone are the fields of a window',
);

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

const WindowsSchema = v.pipe(
  v.array(WindowSchema, 'a list of windows, each with from and to'),
  v.minLength(1, 'at least one window'),
  v.maxLength(10, 'at most 10 windows'),
);

/** `rollout` of a pool: what it has instead of the settings of all pools. */
export const PoolRolloutConfigSchema = v.strictObject(
  {
    waves: v.optional(WavesSchema),
    soak: v.optional(duration),
    maxUnavailable: v.optional(share),
    maxDisruptionWait: v.optional(duration),
    windows: v.optional(WindowsSchema),
  },
  "waves, soak, maxUnavailable, maxDisruptionWait and windows are the fields of a pool's rollout",
);

/** `rollout` of a pool. */
export type PoolRolloutConfig = v.InferOutput<typeof PoolRolloutConfigSchema>;

/** The block `rollout` of `airlock.yaml`, which switches rollouts on. */
export const RolloutConfigSchema = v.strictObject(
  {
    waves: v.optional(WavesSchema, [1, '10%', '50%', '100%']),
    soak: v.optional(duration, '30m'),
    maxUnavailable: v.optional(share, '10%'),
    maxDisruptionWait: v.optional(duration),
    windows: v.optional(WindowsSchema),
    deadlines: v.optional(
      v.record(
        v.picklist(severities, `a severity: ${severities.join(', ')}`),
        duration,
        'durations by severity, for instance { high: 7d }',
      ),
      {},
    ),
  },
  'waves, soak, maxUnavailable, maxDisruptionWait, windows and deadlines are the fields of rollout',
);

/** The block `rollout` of `airlock.yaml`. */
export type RolloutConfig = v.InferOutput<typeof RolloutConfigSchema>;
