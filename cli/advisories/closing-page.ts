import { html, type Markup } from '../html/markup.ts';
import { facts, page, section, table } from '../html/page.ts';
import { proofIn, spansIn, stateNames, verdictOf } from './closing-print.ts';
import type { ClosingReport } from './closing-schema.ts';

/** A closing report as one page. */
export function closingPage(report: ClosingReport): string {
  const { id, summary, at, nodes } = report;
  const left = nodes.filter((node) => node.left !== '');
  const done = nodes.filter((node) => node.left === '');
  const isClosed = verdictOf(report).startsWith('closed');
  return page({
    title: `Closing report of ${id}`,
    at,
    command: `airlock advisories --report ${id}`,
    header: html`<p class="about">${summary}</p>
<p class="state ${isClosed ? 'good' : 'bad'}">${verdictOf(report)}</p>
${about(report)}${missing(report)}`,
    main: html`${leftSection(left)}${pools(report)}${doneSection(done)}${meaning()}`,
  });
}

function about({ runtime, severity, published, knownSince, refusedSince, fixedIn, link, at }: ClosingReport): Markup {
  return facts([
    ['Runtime', runtime],
    ['Severity', severity],
    ['Published', published],
    ['Known to the stack since', knownSince],
    ['Launches refused since', refusedSince],
    ['Fixed in', fixedIn === '' ? 'no version' : fixedIn],
    ['Source', link],
    ['State of', `${at} (all times are UTC)`],
  ]);
}

function missing({ notChecked }: ClosingReport): Markup {
  if (notChecked.length === 0) return html``;
  return html`<section class="now warn" aria-labelledby="missing"><h2 id="missing">What could not be looked at</h2>
<p>Nodes may be missing from this page, so the advisory counts as open.</p>
<ul>${notChecked.map(({ resource, reason }) => html`<li>${resource}: ${reason}</li>`)}</ul></section>`;
}

type Node = ClosingReport['nodes'][number];

const named = { name: 'node', cell: ({ nodeName, instanceId }: Node) => (nodeName === '' ? instanceId : nodeName) };
const instance = { name: 'instance', kind: 'id' as const, cell: ({ instanceId }: Node) => instanceId };
const pool = { name: 'pool', cell: ({ cluster, pool: name }: Node) => `${cluster} ${name || '(no launch)'}` };
const state = { name: 'now', cell: (node: Node) => stateNames[node.state] };
const exposed = { name: 'exposed', cell: spansIn };

function leftSection(nodes: readonly Node[]): Markup {
  if (nodes.length === 0) return html``;
  const why = { name: 'why', cell: ({ left }: Node) => left };
  return section('Left', table('Nodes that are not done', [named, instance, pool, state, exposed, why], nodes));
}

function pools({ pools: all }: ClosingReport): Markup {
  if (all.length === 0) return section('Pools', html`<p>No node has the runtime, and none had it since.</p>`);
  const states = [...new Set(all.flatMap(({ nodes }) => Object.keys(nodes)))] as Node['state'][];
  return section(
    'Pools',
    table(
      'Nodes by pool',
      [
        { name: 'pool', cell: ({ cluster, pool: name }) => `${cluster} ${name || '(no launch)'}` },
        ...states.map((one) => ({
          name: stateNames[one],
          kind: 'number' as const,
          cell: ({ nodes }: ClosingReport['pools'][number]) => String(nodes[one] ?? 0),
        })),
        { name: 'left', kind: 'number', cell: ({ left }) => String(left) },
      ],
      all,
    ),
  );
}

function doneSection(nodes: readonly Node[]): Markup {
  if (nodes.length === 0) return html``;
  const proof = { name: 'proof', cell: proofIn };
  const digest = {
    name: 'signed receipt',
    cell: ({ proof: own }: Node) =>
      own === undefined || own.signature.digest === '' ? '' : html`<code>${own.signature.digest}</code>`,
  };
  return section('Done', table('Nodes that are done', [named, instance, pool, state, exposed, proof, digest], nodes));
}

function meaning(): Markup {
  return section(
    'What this shows',
    html`<p>A node counts as exposed from the release with an affected version until a proof of another version, the return of its gate, or its end. Launches that ended before the advisory was published are left out.</p>
<p>A proof is a run of Airlock that started a sandbox of that version on the node. A signed receipt can be checked with <code>airlock receipt verify</code>: its SHA-256 is that of the payload. It shows what Airlock saw, and not what root on the node did afterwards.</p>`,
  );
}
