import { readFileSync } from 'node:fs';
import { expect, inject, it } from 'vitest';
import { prices } from '../../cli/costs/prices.ts';
import usage from '../../cli/costs/usage.json' with { type: 'json' };
import { type Usage, usageOfLaunches, usageWhileIdle } from '../bench/costs/usage.ts';

const page = readFileSync(new URL('../../docs/use/costs.md', import.meta.url), 'utf8');
const tables = ['1,000 nodes, each launched alone', '1,000 nodes, launched by 200', 'A month without a launch'];

/** The rows of the table below a heading, and its total. */
function tableOf(heading: string) {
  const section = page.split(/^## /m).find((one) => one.startsWith(heading)) ?? '';
  const cells = [...section.matchAll(/^\| ([a-z ]+) \| ([\d,.]+) \| \$([\d.]+) (a [a-z]+) \| \$([\d.]+) \|$/gm)];
  const rows = cells.map(([, item = '', amount = '', price = '', each = '', dollars = '']) => {
    return { item, amount: Number(amount.replaceAll(',', '')), price: Number(price), each, dollars: Number(dollars) };
  });
  return { rows, total: Number(/^\| \*\*total\*\* \|.*\$([\d.]+)\*\* \|$/m.exec(section)?.[1]) };
}

/** Amounts that the local cloud counts. A page is accurate if it is within a tenth. */
function expectCounted(heading: string, usage: Usage): void {
  const { rows } = tableOf(heading);
  for (const [item, counted] of Object.entries(usage)) {
    const row = rows.find((one) => one.item === item);
    expect(row, `${heading}: ${item}, counted ${counted}`).toBeDefined();
    expect(Math.abs((row?.amount ?? 0) - counted), `${heading}: ${item}, counted ${counted}`).toBeLessThanOrEqual(
      Math.max(counted / 10, 0.5),
    );
  }
}

it('states for single launches what the local cloud counts', { timeout: 300_000 }, async () => {
  expectCounted('1,000 nodes, each launched alone', await usageOfLaunches(inject('assembly'), 1, 0));
});

it('states for an idle month what the local cloud counts', { timeout: 300_000 }, async () => {
  expectCounted('A month without a launch', await usageWhileIdle(inject('assembly')));
});

it.each(tables)('adds up, at the prices in the table: %s', (heading) => {
  const { rows, total } = tableOf(heading);

  expect(rows.length).toBeGreaterThan(6);
  for (const { item, amount, price, each, dollars } of rows) {
    const known = prices.find((one) => one.item === item);
    expect(price, item).toEqual(known?.dollars);
    expect(each, item).toEqual(known?.each);
    expect(Math.abs(dollars - (amount * price) / (known?.per ?? 1)), item).toBeLessThan(0.001);
  }
  const sum = rows.reduce((all, { dollars }) => all + dollars, 0);
  expect(Math.abs(total - sum)).toBeLessThan(0.01);
});

it.each([
  ['alone', 0],
  ['crowd', 1],
  ['idleMonth', 2],
] as const)('has the amounts that airlock report estimates with: %s', (name, at) => {
  const { rows } = tableOf(tables[at] ?? '');
  expect(Object.keys(usage[name]).toSorted()).toEqual(rows.map(({ item }) => item).toSorted());
  for (const { item, amount } of rows) {
    const own = (usage[name] as Readonly<Record<string, number>>)[item] ?? Number.NaN;
    expect(Math.abs(own - amount), item).toBeLessThanOrEqual(Math.max(amount / 1_000, 0.5));
  }
});

it('keeps an idle month under $3', () => {
  expect(tableOf('A month without a launch').total).toBeLessThan(3);
});

it('agrees with the README', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const said = /\$([\d.]+) to \$([\d.]+) for 1,000 nodes and \$([\d.]+) a month/.exec(readme);

  const [alone, crowd, idle] = tables.map((heading) => tableOf(heading).total.toFixed(2));
  expect(said?.[1]).toEqual(crowd);
  expect(said?.[2]).toEqual(alone);
  expect(said?.[3]).toEqual(idle);
});
