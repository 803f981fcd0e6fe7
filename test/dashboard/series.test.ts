import { describe, expect, it } from 'vitest';
import { drawDashboard } from './draw.ts';
import { linesOf, type Widget } from './series.ts';

const minute = 60_000;
const value = (name: string, at: number, number: number, dimensions: Readonly<Record<string, string>>) => ({
  namespace: 'Airlock',
  name,
  dimensions,
  value: number,
  timestamp: at,
});
const values = [
  value('LaunchToRelease', 1 * minute, 10, { cluster: 'demo' }),
  value('LaunchToRelease', 2 * minute, 30, { cluster: 'demo' }),
  value('LaunchToRelease', 6 * minute, 50, { cluster: 'demo' }),
  value('LaunchToRelease', 1 * minute, 70, { cluster: 'lab' }),
  value('LaunchToRelease', 1 * minute, 99, { cluster: 'demo', pool: 'a' }),
  value('Admitted', 1 * minute, 1, { service: 'admission' }),
  value('NotOurs', 1 * minute, 1, { service: 'admission' }),
];
const widget = (...metrics: readonly unknown[][]): Widget => ({
  type: 'metric',
  x: 0,
  y: 0,
  width: 6,
  height: 6,
  properties: { title: 'Launch to release', metrics },
});
const search = (expression: string) => linesOf(widget([{ expression }]), values);

describe('the lines of a graph', () => {
  it('are those of a metric, by its statistic in each period', () => {
    const metric = ['Airlock', 'LaunchToRelease', 'cluster', 'demo', { stat: 'p50', label: 'median', yAxis: 'right' }];
    expect(linesOf(widget(metric), values)).toEqual([
      {
        label: 'median',
        side: 'right',
        points: [
          { at: 0, value: 10 },
          { at: 5 * minute, value: 50 },
        ],
      },
    ]);
  });

  it('are those of all metrics that a search finds by exactly its dimensions', () => {
    const lines = search(`SEARCH('{Airlock,cluster} MetricName="LaunchToRelease"', 'Sum', 300)`);
    expect(lines.map(({ label, points }) => [label, points.map((point) => point.value)])).toEqual([
      ['demo', [40, 50]],
      ['lab', [70]],
    ]);
  });

  it('are those of several names, and of some values of the dimensions', () => {
    const both = search(`SEARCH('{Airlock,service} (MetricName="Admitted" OR MetricName="NotOurs")', 'Sum', 300)`);
    expect(both.map(({ label }) => label)).toEqual(['Admitted admission', 'NotOurs admission']);
    const lab = search(`SEARCH('{Airlock,cluster} MetricName="LaunchToRelease" cluster="lab"', 'Maximum', 300)`);
    expect(lab.map(({ label, points }) => [label, points.length])).toEqual([['LaunchToRelease', 1]]);
  });

  it('are refused for an expression that is no search', () => {
    expect(() => search('m1 + m2')).toThrow('is not one of the dashboard');
  });
});

it('a dashboard is drawn with each widget in its place, and names without data', () => {
  const text = { type: 'text', x: 0, y: 0, width: 24, height: 1, properties: { markdown: '## Fleet <b>' } };
  const known = { ...widget(['Airlock', 'LaunchToRelease', 'cluster', 'demo', { stat: 'Sum' }]), y: 1 };
  const unknown = { ...widget(['AWS/SQS', 'Age', 'QueueName', 'q']), x: 6, y: 1 };
  const svg = drawDashboard(JSON.stringify({ widgets: [text, known, unknown] }), values);
  expect(svg).toContain('Fleet &lt;b&gt;');
  expect(svg).toContain('<g transform="translate(364 52)">');
  expect(svg.match(/no data/g)).toHaveLength(1);
  expect(svg.match(/<path fill="none" stroke="var\(--c0\)"|stroke="var\(--c0\)"/g)?.length).toBeGreaterThan(0);
});
