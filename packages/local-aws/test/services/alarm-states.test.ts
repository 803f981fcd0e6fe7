// Examples from https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html and
// Create_Composite_Alarm.html
import { describe, expect, it } from 'vitest';
import { type MetricAlarm, type StateChange, statesOf } from '../../services/cloudwatch/alarm-states.ts';
import { actionTimes, compositeStates } from '../../services/cloudwatch/composite-states.ts';

const minute = 60_000;
const base: MetricAlarm = {
  Statistic: 'Maximum',
  Period: 60,
  EvaluationPeriods: 3,
  Threshold: 0,
  ComparisonOperator: 'GreaterThanThreshold',
};

/** `0` is fine, `X` breaches, `-` is missing: one data point a minute, the oldest first. */
function last(line: string, change: Partial<MetricAlarm> = {}): string | undefined {
  const points = [...line].flatMap((mark, at) =>
    mark === '-' ? [] : [{ timestamp: at * minute, value: mark === 'X' ? 1 : 0 }],
  );
  return statesOf({ ...base, ...change }, points, { from: 0, until: line.length * minute }).at(-1)?.state;
}

const changes = (...list: readonly (readonly [number, StateChange['state']])[]): readonly StateChange[] =>
  list.map(([at, state]) => ({ at: at * minute, state }));

describe('the state of an alarm of three periods', () => {
  it.each([
    ['0-X-X', 'ALARM', 'OK', 'ALARM', 'OK'],
    ['----0', 'OK', 'OK', 'OK', 'OK'],
    ['-----', 'INSUFFICIENT_DATA', 'INSUFFICIENT_DATA', 'ALARM', 'OK'],
    ['0XX-X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    ['XXX00', 'OK', 'OK', 'OK', 'OK'],
  ])(
    'with %s is %s if missing data is missing, and %s if it is ignored',
    (line, missing, _ignored, breaching, quiet) => {
      // The first example of the page has three real points, one of which is fine.
      const isMixed = line === '0-X-X';
      expect(last(line)).toBe(isMixed ? 'OK' : missing);
      expect(last(line, { TreatMissingData: 'breaching' })).toBe(isMixed ? 'OK' : breaching);
      expect(last(line, { TreatMissingData: 'notBreaching' })).toBe(quiet);
    },
  );

  it('stays what it was if missing data is ignored', () => {
    expect(last('XXX-----', { TreatMissingData: 'ignore' })).toBe('ALARM');
  });
});

describe('a period of some minutes', () => {
  const sum = {
    ...base,
    Statistic: 'Sum',
    Period: 300,
    EvaluationPeriods: 1,
    Threshold: 2,
    TreatMissingData: 'notBreaching',
  };

  it('is looked at every minute, over the minutes before', () => {
    const points = [1, 3, 5].map((at) => ({ timestamp: at * minute, value: 1 }));
    expect(statesOf(sum, points, { from: 0, until: 30 * minute }).map(({ at, state }) => [at / minute, state])).toEqual(
      [
        [0, 'INSUFFICIENT_DATA'],
        [1, 'OK'],
        [6, 'ALARM'],
        [7, 'OK'],
      ],
    );
  });

  it.each([
    ['Average', 2, true],
    ['Average', 3, false],
    ['Minimum', 1, false],
    ['p95', 4, true],
  ])('has the statistic %s over %s', (name, Threshold, rings) => {
    const points = [1, 2, 5].map((value, at) => ({ timestamp: at * minute, value }));
    const own = name.startsWith('p') ? { ExtendedStatistic: name } : { Statistic: name };
    const { Statistic: _, ...rest } = sum;
    const states = statesOf({ ...rest, ...own, Threshold }, points, { from: 3 * minute, until: 4 * minute });
    expect(states.at(-1)?.state === 'ALARM').toBe(rings);
  });

  it('that has a statistic or an operator of another kind is refused', () => {
    const points = [{ timestamp: 0, value: 1 }];
    const span = { from: 0, until: minute };
    expect(() => statesOf({ ...sum, Statistic: 'IQM' }, points, span)).toThrow('IQM is not modelled');
    expect(() => statesOf({ ...sum, ComparisonOperator: 'LessThanLowerThreshold' }, points, span)).toThrow(
      'not modelled',
    );
  });
});

describe('a composite alarm', () => {
  const one = changes([0, 'INSUFFICIENT_DATA'], [2, 'ALARM'], [20, 'OK']);
  const other = changes([0, 'OK'], [10, 'ALARM'], [30, 'OK']);
  const histories = new Map([
    ['one', one],
    ['other', other],
  ]);

  it('is in ALARM while one of its alarms is, and otherwise OK', () => {
    expect(compositeStates('(ALARM("one") OR ALARM("other"))', histories)).toEqual(
      changes([0, 'OK'], [2, 'ALARM'], [30, 'OK']),
    );
    expect(() => compositeStates('ALARM("one") AND ALARM("other")', histories)).toThrow('is not modelled');
    expect(() => compositeStates('ALARM("third")', histories)).toThrow('is not modelled');
  });

  const acts = (suppressed: readonly StateChange[], until = 60) => {
    const history = changes([0, 'OK'], [10, 'ALARM'], [50, 'OK']);
    const suppressor = { history: suppressed, waitSeconds: 120, extensionSeconds: 300 };
    return actionTimes(history, until * minute, suppressor).map((at) => at / minute);
  };

  it('acts at once without a suppressor, and after the wait with one that stays quiet', () => {
    expect(actionTimes(changes([0, 'OK'], [10, 'ALARM']), 60 * minute)).toEqual([10 * minute]);
    expect(acts(changes([0, 'OK']))).toEqual([12]);
  });

  it('is quiet while its suppressor is in ALARM, also if that comes within the wait, and acts after the extension', () => {
    expect(acts(changes([0, 'OK'], [5, 'ALARM']))).toEqual([]);
    expect(acts(changes([0, 'OK'], [11, 'ALARM']))).toEqual([]);
    expect(acts(changes([0, 'OK'], [5, 'ALARM'], [20, 'OK']))).toEqual([25]);
    expect(acts(changes([0, 'OK'], [5, 'ALARM'], [48, 'OK']))).toEqual([]);
  });
});
