import type { ReadRollout, Rollout, RolloutAct } from './rollout.ts';

/** The act of an operator that reconcile has not followed yet; undefined if there is none. */
export function pendingActOf({ rollout, act }: ReadRollout): RolloutAct | undefined {
  return act === undefined || act.at === rollout.actAt ? undefined : act;
}

/** Why no pass of reconcile follows acts about a rollout, as a sentence without its end; undefined if one does. */
export function orphanedBecause(
  { cluster }: Pick<Rollout, 'cluster'>,
  config: { readonly rollout?: object | null | undefined; readonly clusters: readonly { readonly name: string }[] },
): string | undefined {
  const gone = config.clusters.some(({ name }) => name === cluster) ? 'block rollout' : `cluster ${cluster}`;
  if (gone === 'block rollout' && config.rollout !== undefined && config.rollout !== null) return undefined;
  return `airlock.yaml has no ${gone}, so reconcile follows no act; put it back, deploy, and abort the rollout first`;
}

/** What an operator asks of a rollout, and what is known of the version to go back to. */
export interface AskedAct {
  readonly act: RolloutAct['act'];
  /** An earlier act that is not followed yet: only one is kept. */
  readonly pending?: RolloutAct | undefined;
  /** The version to go back to; undefined is the one before. */
  readonly to?: string | undefined;
  /** Whether nodes may get a version. */
  readonly canInstall: (version: string) => boolean;
  /** Whether a node of the pool was ever released with a version. */
  readonly isProven: (version: string) => boolean;
  /** Whether the operator gave a reason, with which an unproven version is tried all the same. */
  readonly isReasoned: boolean;
}

/** Why an act about a rollout is not possible, as a sentence without its end; undefined if it is possible. */
export function rolloutRefusal(
  { act, pending, to, canInstall, isProven, isReasoned }: AskedAct,
  { target, before, pausedAt, stoppedAt, finishedAt }: Rollout,
): string | undefined {
  const isOver = stoppedAt === undefined ? undefined : `it stopped at ${stoppedAt}`;
  if (pending !== undefined && act !== 'abort')
    return `reconcile has not followed ${pending.act} of ${pending.at} yet; wait for its next pass, or abort`;
  switch (act) {
    case 'pause':
      if (pausedAt !== undefined) return `it is paused since ${pausedAt}`;
      return finishedAt === undefined ? isOver : `it finished at ${finishedAt}`;
    case 'resume':
      return pausedAt === undefined && stoppedAt === undefined ? 'it is neither paused nor stopped' : undefined;
    case 'abort':
      if (pending !== undefined && finishedAt === undefined) return undefined;
      return finishedAt === undefined ? isOver : `it finished at ${finishedAt}`;
    case 'rollback': {
      const version = to ?? before;
      if (version === undefined) return 'the version before it is not known; name one with --to';
      if (version === target) return `${version} is what the rollout brings`;
      if (!canInstall(version))
        return `nodes may not get ${version}: it is withdrawn, below minimumVersion or not in the catalogue`;
      if (version === before || isProven(version) || isReasoned) return undefined;
      return `no node of the pool was released with ${version} in the last 90 days; --because with the reason tries it, and its first wave proves it`;
    }
  }
}
