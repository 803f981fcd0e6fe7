import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const folder = join(import.meta.dirname, '..', '..', 'docs', 'decisions');
const read = (name: string) => readFileSync(join(folder, name), 'utf8');
const records = readdirSync(folder).filter((name) => /^\d{4}-/.test(name));
const sections = ['Context', 'Decision', 'Alternatives', 'Consequences'];

describe.each(records)('decision %s', (name) => {
  const text = read(name);
  const [, number = '', title = '', date = ''] = /^# (\d+)\. (.+)\n\n(\d{4}-\d{2}-\d{2})\n/.exec(text) ?? [];

  it('starts with its number, title and date', () => {
    expect(number.padStart(4, '0')).toBe(name.slice(0, 4));
    expect(date).not.toBe('');
  });

  it('has its four sections in order', () => {
    expect([...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)).toEqual(sections);
  });

  it('is in the index', () => {
    expect(read('README.md')).toContain(`| ${name.slice(0, 4)} | [${title}](${name}) | ${date} |`);
  });
});

it('uses no number twice', () => {
  const numbers = records.map((name) => name.slice(0, 4));
  expect(new Set(numbers).size).toBe(numbers.length);
});
