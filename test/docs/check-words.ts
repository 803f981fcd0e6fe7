// usage: npm run check:words [-- RANGE] Prints every banned word with its place, in all files that Git tracks and, if RANGE is given, in
// its commits. Exits with 1 if there is any.
import { join } from 'node:path';
import { hitsInCommits, hitsInFiles } from './words.ts';

const root = join(import.meta.dirname, '..', '..');
const [range] = process.argv.slice(2);
const hits = [...hitsInFiles(root), ...(range === undefined ? [] : hitsInCommits(root, range))];
for (const { at, word, instead } of hits) process.stdout.write(`${at}: "${word}"; instead: ${instead}\n`);
process.stdout.write(`${hits.length} places\n`);
process.exitCode = hits.length > 0 ? 1 : 0;
