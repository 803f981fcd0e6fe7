import { type TextColumn, tableLines } from '../output/table.ts';
import { wrap } from '../output/text.ts';
import type { ShownRollout } from './report.ts';

const waits: Readonly<Record<ShownRollout['waitsFor'], string>> = {
  runs: 'runs under way',
  room: 'maxUnavailable',
  window: 'the next window',
  soak: 'the soak time',
  resume: 'resume',
  version: 'an accepted version',
  nothing: 'nothing',
};

/** What state a rollout is in, in a word. */
export function stateOf({ stoppedAt, abortedBy, pausedAt, finishedAt }: ShownRollout): string {
  if (stoppedAt !== undefined) return abortedBy === undefined ? 'stopped' : 'aborted';
  if (finishedAt !== undefined) return 'finished';
  return pausedAt === undefined ? 'rolling' : 'paused';
}

/** What a rollout waits for, and until when. */
export function waitOf({ waitsFor, waitsUntil, asked }: ShownRollout): string {
  if (asked !== undefined) return `reconcile, to ${asked}`;
  return waitsUntil === undefined ? waits[waitsFor] : `${waits[waitsFor]}, until ${waitsUntil.slice(0, 16)}Z`;
}

/** The rollouts for people: a table, or two lines for each if that is too wide, since times and names are not cut. */
export function rolloutLines(rollouts: readonly ShownRollout[], width: number): readonly string[] {
  if (rollouts.length === 0) return ['no rollout: no node had another version than new launches get'];
  const table = tableLines(columns, rollouts, Number.POSITIVE_INFINITY);
  const fits = table.every((line) => line.length <= width);
  const listed = rollouts.flatMap((one) => [nameOf(one), wrap(progressOf(one), width, 2)]);
  const remarks = rollouts.flatMap(remarksOn).map((line) => wrap(line, width));
  const lines = [...(fits ? table : listed), ...(remarks.length === 0 ? [] : ['', ...remarks])];
  return lines.flatMap((line) => line.split('\n'));
}

type Column = TextColumn<ShownRollout>;
const columns: readonly Column[] = [
  { name: 'state', cell: (row) => stateOf(row) },
  { name: 'cluster', cell: ({ cluster }) => cluster },
  { name: 'pool', cell: ({ pool }) => pool },
  { name: 'target', cell: ({ runtime, target }) => `${runtime}@${target}` },
  { name: 'wave', isNumber: true, cell: ({ wave }) => `${wave + 1}` },
  { name: 'done', isNumber: true, cell: ({ done, total }) => `${done}/${total}` },
  { name: 'waits for', cell: waitOf },
];

function nameOf({ cluster, pool, runtime, target }: ShownRollout): string {
  return `${cluster} ${pool} ${runtime}@${target}`;
}

function progressOf(one: ShownRollout): string {
  const { wave, done, total } = one;
  return `${stateOf(one)}, wave ${wave + 1}, ${done} of ${total} nodes, waits for ${waitOf(one)}`;
}

/** What a person should know or do about a rollout. */
function remarksOn(one: ShownRollout): readonly string[] {
  const { cluster, pool, runtime, target, configured, stoppedBecause, abortedBy, refusedAct } = one;
  const { pinnedToWithdrawn: pinned } = one;
  const name = `${cluster} ${pool} ${runtime}`;
  const again = `npx airlock rollout resume ${pool} begins again with one node`;
  const nodes = pinned === 1 ? '1 node has a tag that names' : `${pinned} nodes have a tag that names`;
  return [
    ...(stoppedBecause === undefined
      ? []
      : [`${name} ${abortedBy === undefined ? `stopped: ${stoppedBecause}` : stoppedBecause}; ${again}`]),
    ...(refusedAct === undefined ? [] : [`${name}: ${refusedAct}`]),
    ...(target === configured ? [] : [`${name} went back: new launches get ${configured}`]),
    ...(pinned === 0
      ? []
      : [`${name}: ${nodes} a withdrawn version, and no rollout moves it; npx airlock advisories names them`]),
  ];
}
