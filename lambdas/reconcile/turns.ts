/** How often reconcile runs, in milliseconds: another cluster begins with each run. */
const intervalMs = 2 * 60_000;

/** What a run leaves for its own end, in milliseconds. */
const reserveMs = 5_000;

/** The clusters in the order of this run: one that takes all of its time keeps no other from being the first in another run. */
export function inTurn(clusters: readonly string[], now: number): readonly string[] {
  const first = clusters.length === 0 ? 0 : Math.floor(now / intervalMs) % clusters.length;
  return [...clusters.slice(first), ...clusters.slice(0, first)];
}

/**
 * How long one cluster may take, in milliseconds: its share of the time that is left. What one does not use is there for the others.
 *
 * @param leftMs what is left of the run
 * @param clusters how many have not been looked at, this one among them
 */
export function shareOf(leftMs: number, clusters: number): number {
  return Math.max(0, Math.floor((leftMs - reserveMs) / Math.max(1, clusters)));
}
