import { readFileSync } from 'node:fs';
import { expect, inject, it } from 'vitest';
import { type Usage, usageOfNodes, usageWhileIdle } from './usage.ts';

interface Row {
  readonly item: string;
  readonly amount: number;
  /** US dollars for one. */
  readonly price: number;
  readonly dollars: number;
}

const page = readFileSync(new URL('../../docs/costs.md', import.meta.url), 'utf8');

/** The rows of the table below a heading, and its total. */
function tableOf(heading: string): { readonly rows: readonly Row[]; readonly total: number } {
  const section = page.split(/^## /m).find((one) => one.startsWith(heading)) ?? '';
  const cells = [
    ...section.matchAll(/^\| ([a-z ]+) \| ([\d,.]+) \| \$([\d.]+) a (million|thousand|one) \| \$([\d.]+) \|/gm),
  ];
  const per: Readonly<Record<string, number>> = { million: 1e6, thousand: 1e3, one: 1 };
  const rows = cells.map(([, item = '', amount = '', price = '', unit = '', dollars = '']) => ({
    item,
    amount: Number(amount.replaceAll(',', '')),
    price: Number(price) / (per[unit] ?? 1),
    dollars: Number(dollars),
  }));
  return { rows, total: Number(/^\| \*\*total\*\* \|.*\$([\d.]+)\*\* \|$/m.exec(section)?.[1]) };
}

/** Amounts that the local cloud counts; the others of the page follow from them by what it says. */
function expectCounted(heading: string, usage: Usage): void {
  const { rows } = tableOf(heading);
  for (const [item, counted] of Object.entries(usage)) {
    const row = rows.find((one) => one.item === item);
    expect(row, `${heading}: ${item}, counted ${counted}`).toBeDefined();
    // A page is honest within a tenth.
    expect(Math.abs((row?.amount ?? 0) - counted), `${heading}: ${item}, counted ${counted}`).toBeLessThanOrEqual(
      Math.max(counted / 10, 0.5),
    );
  }
}

it('says of 1,000 nodes what the local cloud counts', { timeout: 300_000 }, async () => {
  expectCounted('1,000 nodes', await usageOfNodes(inject('assembly')));
});

it('says of an idle month what the local cloud counts', { timeout: 300_000 }, async () => {
  expectCounted('A month without a launch', await usageWhileIdle(inject('assembly')));
});

it.each(['1,000 nodes', 'A month without a launch'])('adds up: %s', (heading) => {
  const { rows, total } = tableOf(heading);

  expect(rows.length).toBeGreaterThan(5);
  for (const { item, amount, price, dollars } of rows) expect([item, dollars]).toEqual([item, round(amount * price)]);
  expect(total).toBeCloseTo(
    rows.reduce((sum, { dollars }) => sum + dollars, 0),
    2,
  );
});

it('is what the README says', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const said = /about \$([\d.]+) for 1,000 nodes and \$([\d.]+) a month/.exec(readme);

  expect([said?.[1], said?.[2]]).toEqual(
    ['1,000 nodes', 'A month without a launch'].map((heading) => tableOf(heading).total.toFixed(2)),
  );
});

function round(dollars: number): number {
  return Number(dollars.toFixed(3));
}
