import { tableLines } from '../output/table.ts';
import { outputWidth, print, styled, wrap } from '../output/text.ts';
import type { AttestedFile } from './schema.ts';

const colours = { attested: 'green', unsigned: 'reset', wrong: 'red', unknown: 'yellow' } as const;

/** Prints for people what GitHub signed about each file. */
export function printAttested(files: readonly AttestedFile[], width = outputWidth()): void {
  const rows = tableLines<AttestedFile>(
    [
      { name: 'RUNTIME', isWhole: true, cell: ({ runtime }) => runtime },
      { name: 'VERSION', isWhole: true, cell: ({ version }) => version },
      { name: 'ARCH', isWhole: true, cell: ({ arch }) => arch },
      { name: 'STATE', isWhole: true, cell: ({ state }) => state },
      { name: 'SHA-256', cell: ({ sha256 }) => sha256 },
    ],
    files,
    width,
  );
  for (const row of rows) print(row);
  for (const { runtime, version, arch, state, reason } of files.filter((file) => file.state !== 'attested')) {
    if (state === 'unsigned') continue;
    print(wrap(`${styled(colours[state], state)}  ${runtime} ${version} for ${arch}: ${reason}`, width));
  }
}
