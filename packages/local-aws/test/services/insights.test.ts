// Examples in the manner of https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-examples.html
import { describe, expect, it } from 'vitest';
import { runQuery } from '../../services/logs/insights.ts';

const hour = 3_600_000;
const events = [
  { timestamp: hour, message: '{"type":"end","detail":{"pool":"a","ms":1000}}' },
  { timestamp: hour + 1, message: '{"type":"end","detail":{"pool":"b","ms":3000}}' },
  { timestamp: 3 * hour, message: '{"type":"end","detail":{"pool":"a","ms":5000,"why":"slow"}}' },
  { timestamp: 3 * hour, message: '{"type":"begin","detail":{"pool":"a"}}' },
  { timestamp: 4 * hour, message: 'Task timed out after 3.00 seconds' },
];
const run = (...lines: string[]) => runQuery(lines.join('\n| '), events);

describe('a query of Logs Insights', () => {
  it('filters by a list, a value and a pattern', () => {
    expect(run('filter type in ["begin","other"]').length).toBe(1);
    expect(run('filter detail.pool = "b"').map((row) => row['detail.ms'])).toEqual([3_000]);
    expect(run('filter type = "begin" or @message like /timed out|other/').length).toBe(2);
  });

  it('takes no pattern that only some engines know', () => {
    expect(() => run('filter @message like /Task(?= timed)/')).toThrow(/error parsing regexp/);
  });

  it('counts, and has percentiles and the latest value, by fields and by hours', () => {
    expect(
      run(
        'filter type = "end"',
        'stats count(*) as n, pct(detail.ms, 50) as p50, max(detail.ms) as most, latest(detail.ms) as last by detail.pool',
        'sort n desc',
      ),
    ).toEqual([
      { 'detail.pool': 'a', n: 2, p50: 1_000, most: 5_000, last: 5_000 },
      { 'detail.pool': 'b', n: 1, p50: 3_000, most: 3_000, last: 3_000 },
    ]);
    expect(run('stats count(*) as n by bin(1h) as at', 'sort at asc').map(({ at, n }) => [at, n])).toEqual([
      [hour, 2],
      [3 * hour, 2],
      [4 * hour, 1],
    ]);
  });

  it('computes fields, which later lines know by their names', () => {
    const rows = run(
      'fields detail.ms / 1000 as s, coalesce(detail.why, detail.pool) as what',
      'sort s desc',
      'limit 1',
    );
    expect(rows.map(({ s, what }) => [s, what])).toEqual([[5, 'slow']]);
  });

  it.each(['parse @message "*" as a', 'filter a > 3', 'stats avg(a) as b', 'sort a', 'fields a + 1'])(
    'refuses %s',
    (line) => {
      expect(() => run(line)).toThrow('not modelled');
    },
  );
});
