import { chart, Plot } from '../html/chart.ts';
import { html, type Markup } from '../html/markup.ts';
import { facts, page, section, table } from '../html/page.ts';
import { isFine, type Story } from './story.ts';

type Run = Story['runs'][number];

/**
 * The story of a launch as one page.
 *
 * @param at when it was made, ISO 8601
 */
export function storyPage(story: Story, at: string): string {
  const { instanceId, nodeName, cluster, pool, launchedAt } = story;
  return page({
    title: nodeName === '' ? instanceId : nodeName,
    at,
    command: `npx airlock explain ${instanceId}`,
    header: html`${state(story)}
${facts([
  ['instance', instanceId],
  ['node', nodeName],
  ['cluster', cluster],
  ['pool', pool],
  ['launched', launchedAt],
])}
${now(story)}${missing(story)}`,
    main: html`${story.runs.map((run, index) => runSection(run, index))}${events(story)}${links(story)}${receipts(story)}`,
  });
}

const titleOf = (index: number) => (index === 0 ? 'Launch' : `Run ${index + 1}`);

function state(story: Story): Markup {
  const last = story.runs.at(-1);
  const tone = last?.state === 'under way' ? 'busy' : isFine(story) ? 'good' : 'bad';
  const outcome = last === undefined || last.outcome === '' || last.outcome === last.state ? '' : ` as ${last.outcome}`;
  return html`<p class="state ${tone}">${last?.state ?? ''}${outcome}</p>`;
}

function now({ advice: { sentence, cause, operator, command, retry, link }, runs }: Story): Markup {
  if (operator === '' || operator === 'Nothing.') return html``;
  const detail = runs.at(-1)?.detail ?? '';
  return html`<section class="now" aria-labelledby="now"><h2 id="now">What to do now</h2>
<p><strong>${operator}</strong></p>
<p>${sentence} ${cause}</p>
${command === '' ? '' : html`<p>Next: <code>${command}</code></p>`}
${retry === '' ? '' : html`<p>Once the cause is gone: <code>${retry}</code></p>`}
<p>More: <code>${link}</code></p>
${detail === '' ? '' : html`<p class="about">Seen on this node: ${detail}</p>`}</section>`;
}

function missing({ notChecked }: Story): Markup {
  if (notChecked.length === 0) return html``;
  return html`<section class="now warn" aria-labelledby="missing"><h2 id="missing">What could not be looked at</h2>
<ul>${notChecked.map(({ resource, reason }) => html`<li>${resource}: ${reason}</li>`)}</ul></section>`;
}

function runSection(run: Run, index: number): Markup {
  const name = titleOf(index);
  return section(
    `${name}: ${run.request === '' ? 'no runtime that is configured' : run.request}`,
    run.phases.length === 0 ? html`<p>It has reached no phase yet.</p>` : timeline(run, name),
    table(
      `${name}: decisions`,
      [
        { name: 'decision', cell: ({ what }) => what },
        { name: 'reason', cell: ({ why }) => why },
        { name: 'at', kind: 'time', cell: ({ at }) => clock(at) },
      ],
      run.decisions,
    ),
    html`<h3>${name}: facts</h3>`,
    facts(Object.entries(run.facts)),
  );
}

/** The time of day of an ISO time, in UTC; the text itself if it is not one. */
function clock(at: string): string {
  return /T(\d\d:\d\d:\d\d(?:\.\d{1,3})?)/.exec(at)?.[1] ?? at;
}

const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;

/** The phases of a run as bars on one axis that begins with the launch. */
function timeline({ phases }: Run, name: string): Markup {
  const total = Math.max(phases.at(-1)?.atMs ?? 0, 1);
  const bars = phases.map((phase) => ({
    ...phase,
    from: (phase.atMs - phase.tookMs) / 1_000,
    to: phase.atMs / 1_000,
  }));
  const label = {
    y: 'name',
    text: ({ tookMs }: { readonly tookMs: number }) => seconds(tookMs),
    fontSize: 13,
  } as const;
  const longest = Math.max(...bars.map(({ name: text }) => text.length));
  const words = phases.map(({ name: text, tookMs }) => `${text} after ${seconds(tookMs)}`).join(', ');
  return chart(`${name}: phases`, `${words}; ${seconds(total)} in all`, {
    height: bars.length * 34 + 70,
    marginBottom: 48,
    marginLeft: Math.min(longest * 7.5 + 20, 320),
    marginRight: 60,
    style: { fontSize: '13px' },
    x: {
      label: 'seconds since the launch',
      labelAnchor: 'center',
      labelOffset: 40,
      grid: true,
      domain: [0, total / 1_000],
    },
    y: { label: null, domain: bars.map(({ name: text }) => text), padding: 0.3, tickSize: 0 },
    marks: [
      Plot.barX(bars, { y: 'name', x1: 'from', x2: 'to', fill: 'var(--series-1)' }),
      Plot.text(bars, { ...label, x: 'to', textAnchor: 'start', dx: 6 }),
      Plot.ruleX([0]),
    ],
  });
}

function events({ events: all }: Story): Markup {
  if (all.length === 0) return html``;
  return section(
    'Events',
    table(
      "Airlock's events about the launch, from the audit log group",
      [
        { name: 'event', cell: ({ type }) => type },
        { name: 'what', cell: ({ text }) => text },
        { name: 'at', kind: 'time', cell: ({ at }) => at },
      ],
      all,
    ),
  );
}

function links({ links: all }: Story): Markup {
  if (all.length === 0) return html``;
  return section(
    'In the consoles of AWS',
    html`<ul>${all.map(({ name, url }) => html`<li><a href="${url}" rel="noreferrer">${name}</a></li>\n`)}</ul>`,
  );
}

function receipts({ runs }: Story): Markup {
  const known = runs.flatMap(({ receipt }, index) =>
    receipt === undefined ? [] : [{ receipt, name: titleOf(index) }],
  );
  if (known.length === 0) return html``;
  return section(
    'Receipt',
    html`${known.map(
      ({ receipt, name }) =>
        html`<details><summary>${name}: receipt as JSON</summary>
<pre tabindex="0" role="region" aria-label="${name}: receipt">${JSON.stringify(receipt, undefined, 2)}</pre></details>\n`,
    )}`,
  );
}
