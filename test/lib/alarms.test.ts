import { describe, expect, it } from 'vitest';
import { type AlarmDefinition, alarmTable } from '../../lib/alarm-table.ts';
import { parseConfig } from '../../lib/config/load.ts';
import { type MetricAlarm, statesOf } from '../../packages/local-aws/services.ts';

const table = alarmTable(
  parseConfig('clusters: [{name: demo}]\ntargets: {releaseSeconds: 60}\ndoctor: {schedule: rate(1 hour)}'),
);

/** A row as the template has it, which test/lib/template-alarms.test.ts checks. */
function alarmOf({ statistic, minutes, threshold, fires, missing }: AlarmDefinition): MetricAlarm {
  return {
    ...(statistic === 'p95' ? { ExtendedStatistic: statistic } : { Statistic: statistic }),
    Period: minutes * 60,
    EvaluationPeriods: 1,
    Threshold: threshold,
    ComparisonOperator: fires === 'above' ? 'GreaterThanThreshold' : 'LessThanThreshold',
    TreatMissingData: missing === 'fires' ? 'missing' : 'notBreaching',
  };
}

/** Values by the minute in which they came: what must ring the alarm, and what must not. */
const cases: Readonly<
  Record<
    string,
    {
      readonly metric: string;
      readonly rings: readonly (readonly [number, number])[];
      readonly quiet: readonly (readonly [number, number])[];
    }
  >
> = {
  DeadLetters: { metric: 'DeadLetters', rings: [[1, 1]], quiet: [[1, 0]] },
  FunctionErrors: {
    metric: 'FunctionErrors',
    rings: [
      [1, 1],
      [8, 1],
      [14, 1],
    ],
    quiet: [
      [1, 1],
      [8, 1],
      [20, 1],
    ],
  },
  ReconcileSilent: {
    metric: 'ReconcileErrors',
    rings: [1, 3, 5, 7, 9].map((minute) => [minute, 1] as const),
    quiet: [
      ...[3, 5, 7, 9].map((minute) => [minute, 1] as const),
      ...[1, 10, 19, 28, 37].map((minute) => [minute, 0] as const),
    ],
  },
  EventsMissed: {
    metric: 'EventMissed',
    rings: [
      [1, 1],
      [2, 1],
      [9, 1],
    ],
    quiet: [
      [1, 1],
      [2, 1],
    ],
  },
  NodeStranded: { metric: 'NodeStranded', rings: [[1, 1]], quiet: [] },
  NodeUnclaimed: { metric: 'NodeUnclaimed', rings: [[1, 1]], quiet: [] },
  DocumentChanged: { metric: 'DocumentChanged', rings: [[1, 1]], quiet: [] },
  CommandsThrottled: {
    metric: 'CommandThrottled',
    rings: [
      [1, 30],
      [9, 21],
    ],
    quiet: [
      [1, 30],
      [9, 20],
    ],
  },
  BreakerOpen: { metric: 'BreakersOpen', rings: [[1, 1]], quiet: [] },
  ReleaseRate: {
    metric: 'ReleaseRate',
    rings: [
      [1, 100],
      [2, 100],
      [3, 0],
    ],
    quiet: [
      [1, 100],
      [2, 100],
    ],
  },
  DoctorFindings: { metric: 'DoctorFindings', rings: [[1, 1]], quiet: [[1, 0]] },
  GatedTooLong: { metric: 'OldestGatedAge', rings: [[1, 50 * 60 + 1]], quiet: [[1, 50 * 60]] },
  ReleaseSlow: {
    metric: 'LaunchToRelease',
    rings: Array.from({ length: 20 }, (_, at) => [at, at < 18 ? 50_000 : 60_001] as const),
    quiet: Array.from({ length: 20 }, (_, at) => [at, at < 19 ? 50_000 : 90_000] as const),
  },
};

function ringsFor(name: string, values: readonly (readonly [number, number])[], minutes = 40): boolean {
  const row = table.find((one) => one.name === name);
  if (row === undefined) throw new Error(`there is no alarm ${name}`);
  const points = values.map(([minute, value]) => ({ timestamp: minute * 60_000, value }));
  // An alarm begins in INSUFFICIENT_DATA, and needs a person if it comes back to that.
  const states = statesOf(alarmOf(row), points, { from: 0, until: minutes * 60_000 });
  return states.some(({ state }, at) => state === 'ALARM' || (state === 'INSUFFICIENT_DATA' && at > 0));
}

describe('an alarm', () => {
  it('is in the table of cases', () => {
    expect(Object.keys(cases).toSorted()).toEqual(table.map(({ name }) => name).toSorted());
  });

  it.each(Object.keys(cases))('%s rings at what it is for, and not at a little less', (name) => {
    const { metric, rings, quiet } = cases[name] ?? { metric: '', rings: [], quiet: [] };
    expect(table.find((one) => one.name === name)?.metric).toBe(metric);
    expect(ringsFor(name, rings)).toBe(true);
    expect(ringsFor(name, quiet)).toBe(false);
  });

  it('about the doctor rings if no run ends any more, and not between two runs', () => {
    expect(ringsFor('DoctorFindings', [[1, 0]], 180)).toBe(false);
    expect(ringsFor('DoctorFindings', [[1, 0]], 183)).toBe(true);
    // The last run comes an hour late.
    const runs = [1, 61, 181].map((minute) => [minute, 0] as const);
    expect(ringsFor('DoctorFindings', runs, 240)).toBe(false);
  });

  it.each([
    ['rate(1 hour)', 180],
    ['rate(6 hours)', 480],
    ['rate(24 hours)', 1_560],
    ['rate(1 day)', 1_560],
  ])('about a doctor that runs at %s waits for %i minutes', (schedule, minutes) => {
    const rows = alarmTable(parseConfig(`clusters: [{name: demo}]\ndoctor: {schedule: ${schedule}}`));
    expect(rows.find(({ name }) => name === 'DoctorFindings')?.minutes).toBe(minutes);
  });

  it('about reconcile rings if no run begins any more', () => {
    expect(
      ringsFor('ReconcileSilent', [
        [1, 0],
        [3, 0],
      ]),
    ).toBe(true);
  });
});
