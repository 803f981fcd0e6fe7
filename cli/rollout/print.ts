import { tableLines } from '../output/table.ts';
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

/** The rollouts for people, line by line. */
export function rolloutLines(rollouts: readonly ShownRollout[], width: number): readonly string[] {
  if (rollouts.length === 0) return ['no rollout: no node had another version than new launches get'];
  type Row = ShownRollout;
  const columns = [
    { name: 'state', isWhole: true as const, cell: (row: Row) => stateOf(row) },
    { name: 'cluster', cell: ({ cluster }: Row) => cluster },
    { name: 'pool', cell: ({ pool }: Row) => pool },
    { name: 'target', isWhole: true as const, cell: ({ runtime, target }: Row) => `${runtime}@${target}` },
    { name: 'wave', isNumber: true as const, cell: ({ wave }: Row) => `${wave + 1}` },
    { name: 'done', isNumber: true as const, cell: ({ done, total }: Row) => `${done}/${total}` },
    { name: 'waits for', cell: waitOf },
  ];
  const remarks = rollouts.flatMap(
    ({ cluster, pool, runtime, target, configured, stoppedBecause, refusedAct, pinnedToWithdrawn }) => {
      const name = `${cluster} ${pool} ${runtime}`;
      return [
        ...(stoppedBecause === undefined ? [] : [`${name} stopped: ${stoppedBecause}`]),
        ...(refusedAct === undefined ? [] : [`${name}: ${refusedAct}`]),
        ...(target === configured ? [] : [`${name} went back: new launches get ${configured}`]),
        ...(pinnedToWithdrawn === 0
          ? []
          : [
              `${name}: ${pinnedToWithdrawn} nodes have a tag that names a withdrawn version, and no rollout moves them`,
            ]),
      ];
    },
  );
  return [...tableLines(columns, rollouts, width), ...(remarks.length === 0 ? [] : ['', ...remarks])];
}
