import { prices, pricesOf } from './prices.ts';
import usage from './usage.json' with { type: 'json' };

/** A month of the price table, in milliseconds: 30 days. */
const monthMs = 30 * 24 * 3_600_000;

/** What amounts cost, in US dollars, by the items of the price table. */
export function dollarsOf(amounts: Readonly<Record<string, number>>): number {
  return prices.reduce((sum, { item, dollars, per }) => sum + ((amounts[item] ?? 0) * dollars) / per, 0);
}

/**
 * Estimates what Airlock cost in a period, from what the local cloud counts for a thousand launches and for a month
 * without any. `npm run bench:cost -- --write` writes those amounts.
 *
 * @param launches how many there were
 * @param ms the length of the period
 * @returns US dollars: for launches from all at once to each alone, and for the time, with one cluster
 */
export function costOf(launches: number, ms: number) {
  const [crowd, alone] = [usage.crowd, usage.alone].map((amounts) => (dollarsOf(amounts) * launches) / 1_000);
  return {
    launches: { from: crowd ?? 0, to: alone ?? 0 },
    standing: (dollarsOf(usage.idleMonth) * ms) / monthMs,
    pricesOf,
  };
}
