import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'glossary.md'), 'utf8');
const rows = [...page.matchAll(/^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gm)]
  .map(([, word = '', meaning = '', more = '']) => ({ word, meaning, more }))
  .filter(({ word }) => word !== 'word');

describe('the glossary', () => {
  it('lists each word once, in alphabetical order', () => {
    const words = rows.map(({ word }) => word.toLowerCase());
    expect(words.length).toBeGreaterThan(50);
    expect(words).toEqual(
      [...new Set(words)].toSorted((one, other) => one.localeCompare(other, 'en', { ignorePunctuation: true })),
    );
  });

  it.each(rows)('explains $word in a sentence, with a link', ({ meaning, more }) => {
    expect(meaning).toMatch(/^[A-Z].*\.$/);
    expect(more).toMatch(/^\[.+\]\(.+\)$/);
  });
});
