/**
 * The states of a composite alarm, and when its actions run:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html and
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create_Composite_Alarm.html, "Composite alarm action
 * suppression"
 */
import type { AlarmState, StateChange } from './alarm-states.ts';

/** States by alarm: by the ARN or name that a rule names. */
type Histories = ReadonlyMap<string, readonly StateChange[]>;

/** The state of an alarm at a time. */
export function stateOf(history: readonly StateChange[], at: number): AlarmState {
  return history.findLast((change) => change.at <= at)?.state ?? 'INSUFFICIENT_DATA';
}

/**
 * The states of a composite alarm. It is evaluated whenever an alarm of its rule changes.
 *
 * @throws Error for a rule of another form than alarms joined by OR
 */
export function compositeStates(rule: string, histories: Histories): readonly StateChange[] {
  const terms = rule
    .replaceAll(/[()]/g, ' ')
    .trim()
    .split(/\s+OR\s+/)
    .map((term) => {
      const [, state, name] = /^(ALARM|OK|INSUFFICIENT_DATA)\s+"([^"]+)"$/.exec(term.trim()) ?? [];
      const history = histories.get(name ?? '');
      if (state === undefined || history === undefined) throw new Error(`the rule ${rule} is not modelled`);
      return { state, history };
    });
  const times = [...new Set(terms.flatMap(({ history }) => history.map(({ at }) => at)))].toSorted((a, b) => a - b);
  const changes: StateChange[] = [];
  for (const at of times) {
    const state = terms.some((term) => stateOf(term.history, at) === term.state) ? 'ALARM' : 'OK';
    if (changes.at(-1)?.state !== state) changes.push({ at, state });
  }
  return changes;
}

/** What keeps the actions of a composite alarm back. */
export interface Suppressor {
  readonly history: readonly StateChange[];
  /** How long the alarm waits for its suppressor to come into ALARM, in seconds. */
  readonly waitSeconds: number;
  /** How long it stays quiet after its suppressor left ALARM, in seconds. */
  readonly extensionSeconds: number;
}

/** When the ALARM actions of an alarm run, in milliseconds since the epoch. */
export function actionTimes(
  history: readonly StateChange[],
  until: number,
  suppressor?: Suppressor,
): readonly number[] {
  return history.flatMap(({ at, state }, index) => {
    if (state !== 'ALARM') return [];
    const end = history[index + 1]?.at ?? until;
    const acts = suppressor === undefined ? at : actionTime(at, suppressor);
    return acts <= end && acts <= until ? [acts] : [];
  });
}

function actionTime(at: number, { history, waitSeconds, extensionSeconds }: Suppressor): number {
  const waited = at + waitSeconds * 1_000;
  const suppressed =
    stateOf(history, at) === 'ALARM'
      ? at
      : history.find((one) => one.state === 'ALARM' && one.at > at && one.at <= waited)?.at;
  if (suppressed === undefined) return waited;
  const over = history.find((one) => one.state !== 'ALARM' && one.at > suppressed)?.at;
  return over === undefined ? Number.POSITIVE_INFINITY : over + extensionSeconds * 1_000;
}
