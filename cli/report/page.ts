import { html, type Markup } from '../html/markup.ts';
import { page, section, table } from '../html/page.ts';
import { courseChart, histogramChart, phaseChart, poolChart, timeChart } from './charts.ts';
import { dollars, scopeOf, seconds, statesIn } from './print.ts';
import type { Report } from './schema.ts';

/** A report as one page. Its size does not depend on the number of launches. */
export function reportPage(report: Report): string {
  const { since, until } = report;
  return page({
    title: 'Airlock report',
    at: until,
    command: 'npx airlock report',
    header: html`<p class="about">Launches that began from <time datetime="${since}">${minute(since)}</time> to <time datetime="${until}">${minute(until)}</time> (UTC).</p>
${tiles(report)}${missing(report)}`,
    main: html`${course(report)}${times(report)}${outcomes(report)}${worst(report)}${breakers(report)}${versions(report)}${waits(report)}${cost(report)}`,
  });
}

/** A time to the minute. */
const minute = (at: string) => at.slice(0, 16).replace('T', ' ');

function tiles({ launches, times, cost: { launches: own, standing }, breakers: changes }: Report): Markup {
  const all = times[0];
  const tile = (name: string, value: string, more = '') =>
    html`<div><dt>${name}</dt><dd>${value}${more === '' ? '' : html`<small>${more}</small>`}</dd></div>\n`;
  const { releasedPercent: percent } = launches;
  const opened = changes.filter(({ change }) => change === 'opened').length;
  return html`<dl class="tiles">
${tile('launches', String(launches.total), statesIn({ total: 0, byState: launches.byState }))}${tile('released', percent === undefined ? '–' : `${percent.toFixed(1)} %`, 'of those that ended')}${tile(
  'launch to release',
  all === undefined ? '–' : seconds(all.total.p50),
  all === undefined ? '' : `median; p95 ${seconds(all.total.p95)}`,
)}${tile('breakers opened', String(opened))}${tile('cost', dollars(own.to + standing), 'at most, estimated')}</dl>`;
}

function missing({ notChecked }: Report): Markup {
  if (notChecked.length === 0) return html``;
  return html`<section class="now warn" aria-labelledby="missing"><h2 id="missing">What could not be looked at</h2>
<p>What it would show is missing from this page.</p>
<ul>${notChecked.map(({ resource, reason }) => html`<li>${resource}: ${reason}</li>`)}</ul></section>`;
}

function course(report: Report): Markup {
  if (report.launches.total === 0) return section('Course', html`<p>No launch began in this period.</p>`);
  return section('Course', courseChart(report), ...(report.times.length === 0 ? [] : [timeChart(report)]));
}

function times({ times: all, histogram }: Report): Markup {
  const [whole] = all;
  if (whole === undefined) return html``;
  const pools = all.filter(({ by }) => by !== 'all');
  return section(
    'Launch to release',
    histogramChart(histogram),
    table(
      'From the launch to its release',
      [
        { name: 'launches', cell: (row) => scopeOf(row) },
        { name: 'released', kind: 'number', cell: ({ launches }) => String(launches) },
        ...spreadColumns<Report['times'][number]>(({ total }) => total),
      ],
      all,
    ),
    ...(pools.length > 1 ? [poolChart(pools)] : []),
    html`<h3>Phases</h3>`,
    phaseChart(whole),
    table(
      'Phases of all released launches: from one point of the launch to the next',
      [
        { name: 'phase', cell: ({ phase }) => phase },
        ...spreadColumns<Report['times'][number]['phases'][number]>(({ took }) => took),
      ],
      whole.phases,
    ),
    table(
      'Phases by pool, runtime and version, 95th percentile',
      [
        { name: 'launches', cell: (row) => scopeOf(row) },
        ...whole.phases.map(({ phase }) => ({
          name: phase,
          kind: 'number' as const,
          cell: ({ phases }: Report['times'][number]) => p95Of(phase, phases),
        })),
      ],
      pools,
    ),
  );
}

function spreadColumns<Row>(spreadOf: (row: Row) => Report['times'][number]['total']) {
  return (['p50', 'p95', 'p99', 'max'] as const).map((name) => ({
    name,
    kind: 'number' as const,
    cell: (row: Row) => seconds(spreadOf(row)[name]),
  }));
}

function p95Of(name: string, phases: Report['times'][number]['phases']): string {
  const found = phases.find(({ phase }) => phase === name);
  return found === undefined ? '' : seconds(found.took.p95);
}

function outcomes({ outcomes: all }: Report): Markup {
  if (all.length === 0) return html``;
  return section(
    'Outcomes',
    table(
      'How launches ended',
      [
        { name: 'outcome', cell: ({ outcome }) => outcome },
        { name: 'launches', kind: 'number', cell: ({ launches }) => String(launches) },
        { name: 'what it means', cell: ({ sentence }) => sentence },
      ],
      all,
    ),
  );
}

function worst({ worst: all }: Report): Markup {
  if (all.length === 0) return html``;
  return section(
    'Worst launches',
    html`<p class="about"><code>npx airlock explain INSTANCE</code> prints the story of one.</p>`,
    table(
      'Failed launches, the latest first, then the slowest releases',
      [
        { name: 'instance', kind: 'id', cell: ({ instanceId }) => instanceId },
        { name: 'node', kind: 'id', cell: ({ nodeName }) => nodeName.split('.')[0] ?? '' },
        { name: 'pool', cell: ({ cluster, pool }) => `${cluster} ${pool}` },
        { name: 'outcome', cell: ({ outcome }) => outcome },
        { name: 'took', kind: 'number', cell: ({ totalMs }) => seconds(totalMs) },
        { name: 'why', cell: ({ detail, slowest }) => detail || slowest },
      ],
      all,
    ),
  );
}

function breakers({ breakers: all, notChecked }: Report): Markup {
  const none = notChecked.some(({ resource }) => resource.startsWith('the audit log group'))
    ? 'The audit log group could not be read.'
    : 'No breaker opened or closed.';
  if (all.length === 0) return section('Breakers', html`<p>${none}</p>`);
  return section(
    'Breakers',
    table(
      'Changes of breakers, the latest first',
      [
        { name: 'pool and version', cell: ({ cluster, pool, version }) => `${cluster} ${pool} ${version}` },
        { name: 'change', cell: ({ change }) => change },
        { name: 'because', cell: ({ because }) => because },
        { name: 'at', kind: 'time', cell: ({ at }) => at },
      ],
      all,
    ),
  );
}

function versions({ versions: all }: Report): Markup {
  if (all.length === 0) return html``;
  const exposed = all.filter(({ advisories, released }) => advisories.length > 0 && released > 0);
  return section(
    'Versions and exposure',
    html`<p>${
      exposed.length === 0
        ? 'The catalogue of this checkout has no advisory for a version that was released in this period.'
        : `${exposed.reduce((sum, { released }) => sum + released, 0)} launches were released with a version that an advisory affects.`
    }</p>`,
    table(
      'Versions that launches asked for',
      [
        { name: 'version', cell: ({ request }) => request },
        { name: 'launches', kind: 'number', cell: ({ launches }) => String(launches) },
        { name: 'released', kind: 'number', cell: ({ released }) => String(released) },
        {
          name: 'advisories',
          cell: ({ advisories }) =>
            advisories.length === 0
              ? 'none'
              : html`<ul>${advisories.map(({ id, reason, link }) => html`<li><a href="${link}" rel="noreferrer">${id}</a>: ${reason}</li>`)}</ul>`,
        },
      ],
      all,
    ),
  );
}

function waits({ waits: all, commands }: Report): Markup {
  if (all.length === 0) return html``;
  const number = (name: 'p50' | 'p95' | 'max') => ({
    name,
    kind: 'number' as const,
    cell: (row: Report['waits'][number]) => seconds(row[name]),
  });
  return section(
    'What launches waited for Airlock',
    html`<p>${`SSM took ${commands.sent} commands, each for ${commands.nodesPerCommand.toFixed(1)} nodes on average.`}</p>`,
    table(
      'Waits of released launches, from their receipts',
      [
        { name: 'wait', cell: ({ measure }) => measure },
        { name: 'aim', kind: 'number', cell: ({ aimMs }) => seconds(aimMs) },
        number('p50'),
        number('p95'),
        number('max'),
      ],
      all,
    ),
  );
}

function cost({ cost: { launches, standing, pricesOf } }: Report): Markup {
  return section(
    'Cost',
    html`<p>${`${dollars(launches.from)} to ${dollars(launches.to)} for the launches, and ${dollars(standing)} for the time with one cluster.`}</p>
<p class="about">${`An estimate: the amounts that the local cloud counts for a launch and for an idle month, at the prices of us-east-1 on ${pricesOf}. Launches that come together share calls and cost less.`}</p>`,
  );
}
