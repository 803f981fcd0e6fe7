import { stringify } from 'smol-toml';
import type { Series, Table } from './defaults.ts';

/** Prints a configuration like the daemon: 1.7 indents tables, 2.x quotes with apostrophes. */
export function print(series: Series, config: Table): string {
  const lines = stringify(config).split('\n');
  let depth = 0;
  return lines
    .map((line) => {
      if (line.startsWith('[')) depth = Math.max(0, (line.match(/"[^"]*"|[^.[\]]+/g)?.length ?? 1) - 1);
      if (series === '1.7') return line === '' ? line : '  '.repeat(line.startsWith('[') ? depth : depth + 1) + line;
      return line.replaceAll(/"([^"'\\]*)"/g, "'$1'");
    })
    .join('\n');
}
