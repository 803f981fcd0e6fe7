import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commitsSinceTheList, findBannedWords, hitsInCommits, hitsInFiles } from './words.ts';

const root = join(import.meta.dirname, '..', '..');
const linesOf = (hits: ReturnType<typeof hitsInFiles>) =>
  hits.map(({ at, word, instead }) => `${at}: "${word}"; instead: ${instead}`);

describe('words that the project does not use', () => {
  it('are found in a text, in any case, with their line', () => {
    const hits = findBannedWords('A node waits.\nNobody mends it, in vain.');
    expect(hits.map(({ line, found }) => [line, found.word])).toEqual([
      [2, 'Nobody'],
      [2, 'mends'],
      [2, 'in vain'],
    ]);
  });

  it('are not found inside other words', () => {
    expect(findBannedWords('shallow recommendations, an anewer')).toEqual([]);
  });

  it('occur in no file', () => {
    expect(linesOf(hitsInFiles(root))).toEqual([]);
  });

  it('occur in no message of a commit since the list last changed', () => {
    expect(linesOf(hitsInCommits(root, commitsSinceTheList(root)))).toEqual([]);
  });
});
