import type { Table } from './defaults.ts';

/** Whether a TOML value is a table. */
export function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** The table under a path of keys; empty if there is none. */
export function tableAt(table: Table, ...path: readonly string[]): Table {
  let here: unknown = table;
  for (const key of path) here = isTable(here) ? here[key] : undefined;
  return isTable(here) ? here : {};
}

/** Merges one table over another, recursively; lists and values are replaced. Neither argument changes. */
export function merge(under: Table, over: Table): Table {
  const merged: Table = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    merged[key] = isTable(below) && isTable(value) ? merge(below, value) : value;
  }
  return merged;
}

/** A table without some of its keys. */
export function without(table: Table, ...keys: readonly string[]): Table {
  return Object.fromEntries(Object.entries(table).filter(([key]) => !keys.includes(key)));
}
