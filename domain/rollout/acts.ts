import type { Rollout, RolloutAct } from './rollout.ts';

/**
 * Why an act about a rollout is not possible, as a sentence without its end; undefined if it is possible.
 *
 * @param to the version to go back to
 * @param canInstall whether nodes may get a version
 */
export function rolloutRefusal(
  act: RolloutAct['act'],
  { target, before, pausedAt, stoppedAt, finishedAt }: Rollout,
  to: string | undefined,
  canInstall: (version: string) => boolean,
): string | undefined {
  const isOver = stoppedAt === undefined ? undefined : `it stopped at ${stoppedAt}`;
  switch (act) {
    case 'pause':
      if (pausedAt !== undefined) return `it is paused since ${pausedAt}`;
      return finishedAt === undefined ? isOver : `it finished at ${finishedAt}`;
    case 'resume':
      return pausedAt === undefined && stoppedAt === undefined ? 'it is neither paused nor stopped' : undefined;
    case 'abort':
      return finishedAt === undefined ? isOver : `it finished at ${finishedAt}`;
    case 'rollback': {
      const version = to ?? before;
      if (version === undefined) return 'the version before it is not known; name one with --to';
      if (version === target) return `${version} is what the rollout brings`;
      return canInstall(version)
        ? undefined
        : `nodes may not get ${version}: it is withdrawn, below minimumVersion or not in the catalogue`;
    }
  }
}
