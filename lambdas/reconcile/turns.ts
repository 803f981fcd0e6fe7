/** How often reconcile runs, in milliseconds: each pass begins with another cluster. */
const intervalMs = 2 * 60_000;

/** The time that a pass reserves for what it publishes at its end, in milliseconds. */
const reserveMs = 15_000;

/** Orders the clusters for this pass: a cluster that takes all the time is not always before the same others. */
export function inTurn(clusters: readonly string[], now: number): readonly string[] {
  const first = clusters.length === 0 ? 0 : Math.floor(now / intervalMs) % clusters.length;
  return [...clusters.slice(first), ...clusters.slice(0, first)];
}

/**
 * How long one cluster may take, in milliseconds: its share of the time left. The others get what it does not use.
 *
 * @param leftMs the time left for the pass
 * @param clusters the number of clusters left, including this one
 */
export function shareOf(leftMs: number, clusters: number): number {
  return Math.max(0, Math.floor((leftMs - reserveMs) / Math.max(1, clusters)));
}
