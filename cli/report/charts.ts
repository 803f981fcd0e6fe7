import { chart, Plot } from '../html/chart.ts';
import type { Markup } from '../html/markup.ts';
import { scopeOf, seconds } from './print.ts';
import type { Report } from './schema.ts';

const common = { marginLeft: 60, marginBottom: 44, style: { fontSize: '13px' } } as const;
const axis = { labelAnchor: 'center', labelOffset: 38 } as const;

/** An axis of whole launches: a few of them have no fractions. */
const launchAxis = (most: number) => ({ label: 'launches', grid: true, ticks: Math.min(most, 5), tickFormat: 'd' });

/** An axis of the whole period of a report, with or without launches at its ends. */
function timeAxis({ course, until }: Report) {
  return { type: 'utc', label: null, ticks: 7, domain: [new Date(course[0]?.from ?? until), new Date(until)] } as const;
}

/** How launches ended, by the time at which they began. */
export function courseChart(report: Report): Markup {
  const { course, launches } = report;
  const kinds = [
    ['released', 'var(--series-3)'],
    ['failed', 'var(--series-5)'],
    ['under way', 'var(--series-6)'],
  ] as const;
  const names = kinds.map(([name]) => name);
  const length = partMs(course);
  const bars = course.flatMap(({ from, released, failed, underWay }) =>
    [released, failed, underWay].map((count, at) => ({
      from: new Date(from),
      to: new Date(Date.parse(from) + length),
      kind: names[at],
      launches: count,
    })),
  );
  return chart(
    'Launches, by the time at which they began (UTC)',
    `${launches.total} in all`,
    {
      ...common,
      height: 240,
      x: timeAxis(report),
      y: launchAxis(Math.max(...course.map(({ released, failed, underWay }) => released + failed + underWay))),
      color: { domain: names, range: kinds.map(([, colour]) => colour) },
      marks: [
        Plot.rectY(
          bars.filter(({ launches: count }) => count > 0),
          { x1: 'from', x2: 'to', y: 'launches', fill: 'kind', order: names, inset: 0.5 },
        ),
        Plot.ruleY([0]),
      ],
    },
    kinds,
  );
}

/** From launch to release, by the time at which launches began. */
export function timeChart(report: Report): Markup {
  const { course } = report;
  const length = partMs(course);
  const middle = ({ from }: { readonly from: string }) => new Date(Date.parse(from) + length / 2);
  const shares = [
    ['p50', 'var(--series-1)'],
    ['p95', 'var(--series-2)'],
  ] as const;
  const lines = shares.flatMap(([share]) =>
    course.map((part) => ({
      at: middle(part),
      share,
      took: part[share] === undefined ? Number.NaN : part[share] / 1_000,
    })),
  );
  const known = course.flatMap(({ p95 }) => p95 ?? []);
  return chart(
    'Seconds from launch to release, by the time at which launches began (UTC)',
    `median and 95th percentile, at most ${seconds(Math.max(0, ...known))}`,
    {
      ...common,
      height: 240,
      x: timeAxis(report),
      y: { label: 'seconds', grid: true, zero: true },
      color: { domain: shares.map(([share]) => share), range: shares.map(([, colour]) => colour) },
      marks: [
        Plot.ruleY([0]),
        Plot.line(lines, { x: 'at', y: 'took', stroke: 'share', strokeWidth: 2 }),
        Plot.dot(
          lines.filter(({ took }) => !Number.isNaN(took)),
          { x: 'at', y: 'took', fill: 'share', r: 3 },
        ),
      ],
    },
    shares,
  );
}

/** How many launches took how long. */
export function histogramChart(histogram: Report['histogram']): Markup {
  const bars = histogram.map(({ fromMs, toMs, launches }) => ({ from: fromMs / 1_000, to: toMs / 1_000, launches }));
  const [first, last] = [histogram[0]?.fromMs ?? 0, histogram.at(-1)?.toMs ?? 0];
  // A single bar would fill the chart.
  const rest = Math.max(0, 10 - histogram.length) * (histogram[0] === undefined ? 0 : histogram[0].toMs - first);
  return chart(
    'Released launches, by seconds from launch to release',
    `from ${seconds(first)} to ${seconds(last)}; the last bar has all that took longer`,
    {
      ...common,
      height: 220,
      x: {
        label: 'seconds; the last bar has all that took longer',
        domain: [Math.max(0, first - rest / 2) / 1_000, (last + rest / 2) / 1_000],
        ...axis,
      },
      y: launchAxis(Math.max(...histogram.map(({ launches }) => launches))),
      marks: [
        Plot.rectY(bars, { x1: 'from', x2: 'to', y: 'launches', fill: 'var(--series-1)', inset: 0.5 }),
        Plot.ruleY([0]),
      ],
    },
  );
}

/** The median and the 95th percentile of each phase. */
export function phaseChart({ phases }: Report['times'][number]): Markup {
  const rows = phases.map(({ phase, took }) => ({ name: phase, ...took }));
  return spreadChart('Phases of released launches, median to 95th percentile', rows);
}

/**
 * The median and the 95th percentile from launch to release by pool, runtime and version: those with the highest first.
 */
export function poolChart(rows: Report['times']): Markup {
  const slowest = rows.slice(0, 20).map((row) => ({ name: scopeOf(row), ...row.total }));
  return spreadChart('From launch to release by pool, runtime and version, median to 95th percentile', slowest);
}

function spreadChart(title: string, rows: readonly { name: string; p50: number; p95: number }[]): Markup {
  const inSeconds = rows.map(({ name, p50, p95 }) => ({ name, p50: p50 / 1_000, p95: p95 / 1_000 }));
  const words = rows.map(({ name, p50, p95 }) => `${name} ${seconds(p50)} to ${seconds(p95)}`).join(', ');
  const longest = Math.max(...rows.map(({ name }) => name.length));
  return chart(title, words, {
    ...common,
    height: rows.length * 30 + 74,
    marginLeft: Math.min(longest * 7.5 + 20, 330),
    marginRight: 90,
    x: {
      label: 'seconds; the bar ends at the median, the line at the 95th percentile',
      grid: true,
      zero: true,
      ...axis,
    },
    y: { label: null, domain: rows.map(({ name }) => name), tickSize: 0, padding: 0.35 },
    marks: [
      Plot.barX(inSeconds, { y: 'name', x: 'p50', fill: 'var(--series-1)' }),
      Plot.ruleY(inSeconds, { y: 'name', x1: 'p50', x2: 'p95', stroke: 'var(--series-2)', strokeWidth: 3 }),
      Plot.tickX(inSeconds, { y: 'name', x: 'p95', stroke: 'var(--series-2)', strokeWidth: 3 }),
      Plot.text(inSeconds, {
        y: 'name',
        x: 'p95',
        text: ({ p50, p95 }: { readonly p50: number; readonly p95: number }) => `${p50.toFixed(1)} · ${p95.toFixed(1)}`,
        textAnchor: 'start',
        dx: 8,
      }),
      Plot.ruleX([0]),
    ],
  });
}

/** The length of the parts of a course, in milliseconds. */
function partMs(course: Report['course']): number {
  const [first, second] = course;
  return first === undefined || second === undefined ? 60_000 : Date.parse(second.from) - Date.parse(first.from);
}
