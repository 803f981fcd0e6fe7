/**
 * Deals items into shares that take about the same time: the longest first, each to the share with the least so far.
 *
 * @param weightOf how long an item takes, in any unit
 * @returns `count` shares, the items of each with the longest first
 */
export function shareOut<T>(items: readonly T[], weightOf: (item: T) => number, count: number): readonly T[][] {
  const shares = Array.from({ length: count }, () => ({ weight: 0, items: [] as T[] }));
  for (const item of items.toSorted((one, other) => weightOf(other) - weightOf(one))) {
    const least = shares.reduce((found, share) => (share.weight < found.weight ? share : found));
    least.items.push(item);
    least.weight += weightOf(item);
  }
  return shares.map((share) => share.items);
}
