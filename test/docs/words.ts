import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A word that the project does not use, and what it uses instead. */
export interface BannedWord {
  readonly word: RegExp;
  readonly instead: string;
}

/** A place where a banned word occurs. */
export interface Hit {
  /** A file with its line, or a commit. */
  readonly at: string;
  readonly word: string;
  readonly instead: string;
}

/** Words of prose, in code and docs. */
export const bannedWords: readonly BannedWord[] = [
  { word: /\b(?:whoever|somebody|nobody)\b/gi, instead: 'name the program, the person or the role' },
  { word: /\banew\b/gi, instead: 'again' },
  { word: /\bmend(?:s|ed|ing)?\b/gi, instead: 'fix, repair' },
  { word: /\bshall\b/gi, instead: 'must, or the present tense' },
  { word: /\bin vain\b/gi, instead: 'without success' },
  { word: /\bbut for\b/gi, instead: 'except' },
  { word: /\bworked off\b/gi, instead: 'processed' },
  { word: /\bof (?:its|their) own\b/gi, instead: 'its own, separate' },
  { word: /\bone (?!(?:of|with|without|for|on)\b)\w+ a (?:node|run|launch|pool|cluster)\b/gi, instead: 'per node' },
  { word: /\b(?:tells|hears|told|heard) (?:of|about|from)\b/gi, instead: 'reports, receives' },
  { word: /\bspeaks? of\b/gi, instead: 'has a rule for, is about' },
];

/** What is not our prose: pinned texts from elsewhere and generated lists. */
const excluded = /(^|\/)(package-lock\.json|LICENSE|words(\.test)?\.ts|recordings\.json)$|^airlock\.schema\.json$/;
const text = /\.(ts|md|yaml|yml|json|sh|pl)$|^\.ci\//;

/** Finds the banned words of a text, with their line numbers. */
export function findBannedWords(
  content: string,
): readonly { readonly line: number; readonly found: Omit<Hit, 'at'> }[] {
  return content
    .split('\n')
    .flatMap((line, at) =>
      bannedWords.flatMap(({ word, instead }) =>
        [...line.matchAll(word)].map(([found]) => ({ line: at + 1, found: { word: found, instead } })),
      ),
    );
}

/** The hits in all files that Git tracks. */
export function hitsInFiles(root: string): readonly Hit[] {
  const files = git(root, 'ls-files', '-z')
    .split('\0')
    .filter((file) => text.test(file) && !excluded.test(file));
  return files.flatMap((file) =>
    findBannedWords(readFileSync(join(root, file), 'utf8')).map(({ line, found }) => ({
      at: `${file}:${line}`,
      ...found,
    })),
  );
}

/**
 * The hits in the messages of commits.
 *
 * @param range as `git log` takes it
 */
export function hitsInCommits(root: string, range: string): readonly Hit[] {
  return git(root, 'log', '-z', '--format=%h%n%B', range)
    .split('\0')
    .flatMap((entry) => {
      const [hash = '', ...message] = entry.split('\n');
      return findBannedWords(message.join('\n')).map(({ found }) => ({ at: `commit ${hash}`, ...found }));
    });
}

/** The range of the commits after the one that last changed this list, which is not held against older messages. */
export function commitsSinceTheList(root: string): string {
  return `${git(root, 'log', '-1', '--format=%H', '--', 'test/docs/words.ts').trim()}..HEAD`;
}

function git(root: string, ...words: string[]): string {
  return execFileSync('git', words, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 });
}
