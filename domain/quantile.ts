/** The values that shares of all values are not above: 0.5 gives the median, 1 the maximum. NaN if there are none. */
export function quantiles(values: readonly number[], shares: readonly number[]): readonly number[] {
  const sorted = Float64Array.from(values).sort();
  return shares.map((share) => sorted[Math.max(Math.ceil(sorted.length * share), 1) - 1] ?? Number.NaN);
}

/** The value that a share of all values is not above, as in {@link quantiles}. */
export function quantile(values: readonly number[], share: number): number {
  return quantiles(values, [share])[0] ?? Number.NaN;
}
