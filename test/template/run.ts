// usage: npm run template:diff -- OLD NEW Prints how two synthesized templates differ, apart from names, descriptions and versions. Exits
// with 1 if anything else differs.
import { readFileSync } from 'node:fs';
import { compareTemplates } from './differences.ts';

const [before, after, ...others] = process.argv.slice(2);
if (before === undefined || after === undefined || others.length > 0) {
  process.stderr.write('usage: npm run template:diff -- OLD NEW; accepted: two files of templates in JSON\n');
  process.exit(2);
}
const read = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));
const { structure, names, descriptions, versions } = compareTemplates(read(before), read(after));
const lines = [
  `structure: ${structure.length} differences`,
  ...structure.map((line) => `  ${line}`),
  `names: ${names.size} changed`,
  ...[...names].map(([name, count]) => `  ${name}${count > 1 ? ` (${count} times)` : ''}`),
  `descriptions: ${descriptions} changed`,
  `versions: ${versions} changed`,
];
process.stdout.write(`${lines.join('\n')}\n`);
process.exitCode = structure.length > 0 ? 1 : 0;
