import { hang, outputWidth, print, styled, wrap } from '../output/text.ts';
import type { ClosingReport } from './closing-schema.ts';

type Node = ClosingReport['nodes'][number];

/** How many nodes are printed that are done; those that are left are all printed, and --json has all. */
const shownNodes = 20;

/** Prints a closing report for people. */
export function printClosing(report: ClosingReport): void {
  const width = outputWidth();
  const { id, runtime, severity, summary, fixedIn, at, pools, nodes, notChecked } = report;
  const left = nodes.filter((node) => node.left !== '');
  print(`${styled(left.length > 0 ? 'red' : 'bold', id)}  ${runtime}  ${severity}  at ${at}`);
  print(wrap(`${summary}; ${fixedIn === '' ? 'not fixed in any version' : `fixed in ${fixedIn}`}`, width, 2));
  print(wrap(historyOf(report), width, 2));
  print(`  ${verdictOf(report)}`);
  if (pools.length > 0) print('');
  for (const { cluster, pool, nodes: counts } of pools) {
    const states = Object.entries(counts).map(([state, count]) => `${count} ${stateNames[state as Node['state']]}`);
    print(hang(`  ${cluster} ${pool || '(no launch)'}: `, states.join(', '), width));
  }
  const done = nodes.filter((node) => node.left === '');
  printNodes('left', left, width);
  printNodes('done', done.slice(0, shownNodes), width);
  if (done.length > shownNodes) print(`  ${done.length - shownNodes} more`);
  for (const { resource, reason } of notChecked) print(`\n${wrap(`could not look at ${resource}: ${reason}`, width)}`);
}

/** Since when an advisory is public, known to the stack, and a reason to refuse launches. */
function historyOf({ published, knownSince, refusedSince }: ClosingReport): string {
  const known = knownSince === '' ? 'not deployed yet' : `known to the stack since ${knownSince}`;
  return `published ${published}; ${known}${refusedSince === '' ? '' : `; launches refused since ${refusedSince}`}`;
}

function printNodes(heading: string, nodes: readonly Node[], width: number): void {
  if (nodes.length > 0) print(`\n${styled('bold', heading)}`);
  for (const node of nodes) {
    const state = styled(node.left === '' ? 'green' : 'yellow', stateNames[node.state]);
    print(`  ${node.instanceId}  ${state}`);
    if (node.nodeName !== '') print(wrap(node.nodeName, width, 4));
    if (node.left !== '') print(wrap(node.left, width, 4));
    if (node.exposed.length > 0) print(wrap(`exposed ${spansIn(node)}`, width, 4));
    if (node.proof !== undefined) print(wrap(`proven ${proofIn(node)}`, width, 4));
  }
}

/** The states in words. */
export const stateNames: Readonly<Record<Node['state'], string>> = {
  affected: 'affected',
  'old-sandboxes': 'with old sandboxes',
  unknown: 'unknown',
  'not-exposed': 'not exposed',
  fixed: 'fixed',
  gated: 'behind the gate',
  gone: 'gone',
};

/** Whether the advisory is closed, in one sentence. */
export function verdictOf({ nodes, exposedUntil, notChecked }: ClosingReport): string {
  const left = nodes.filter((node) => node.left !== '').length;
  if (left > 0) return `open: ${left} of ${nodes.length} nodes left`;
  if (notChecked.length > 0) return 'open: not everything could be looked at';
  return exposedUntil === '' ? 'closed: no node was exposed' : `closed: no node is exposed since ${exposedUntil}`;
}

/** When a node was exposed, to the minute. */
export function spansIn({ exposed }: Node): string {
  return exposed
    .map(({ from, until }) => (until === undefined ? `since ${minute(from)}` : `${minute(from)} to ${minute(until)}`))
    .join('; ');
}

/** The proof of a node's fix, in words. */
export function proofIn({ proof }: Node): string {
  if (proof === undefined) return '';
  const { at, version, run, signature } = proof;
  const signed = { verified: 'signed, verified', unchecked: 'signed', absent: 'not signed', wrong: 'WRONG signature' };
  return `${version} by run ${run} at ${minute(at)}, ${signed[signature.state]}`;
}

function minute(at: string): string {
  return at.slice(0, 16).replace('T', ' ');
}
