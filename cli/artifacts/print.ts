import { tableLines } from '../output/table.ts';
import { outputWidth, print, styled, wrap } from '../output/text.ts';
import type { ArtifactsReport, ListedArtifact } from './schema.ts';

const colours = { pinned: 'reset', mirrored: 'green', verified: 'green', wrong: 'red', unknown: 'yellow' } as const;

/** Prints the files for people. */
export function printArtifacts({ from, bucket, files }: ArtifactsReport, width = outputWidth()): void {
  print(from === 'mirror' ? `from the bucket ${bucket}` : 'from upstream');
  const rows = tableLines<ListedArtifact>(
    [
      { name: 'RUNTIME', isWhole: true, cell: ({ runtime }) => runtime },
      { name: 'VERSION', isWhole: true, cell: ({ version }) => version },
      { name: 'ARCH', isWhole: true, cell: ({ arch }) => arch },
      { name: 'MIB', isNumber: true, cell: ({ size }) => (size === null ? '?' : (size / 1_048_576).toFixed(1)) },
      { name: 'STATE', isWhole: true, cell: ({ state }) => state },
      { name: 'MIRRORED', cell: ({ mirroredAt }) => mirroredAt.slice(0, 10) || '-' },
      { name: 'SHA-256', cell: ({ sha256 }) => sha256 },
    ],
    files,
    width,
  );
  for (const row of rows) print(row);
  for (const { runtime, version, arch, url, state, reason } of files.filter((file) => file.reason !== '')) {
    print(wrap(`${styled(colours[state], state)}  ${runtime} ${version} for ${arch}: ${reason}`, width));
    print(wrap(url, width, 2));
  }
  const bad = files.filter(({ state }) => state === 'wrong').length;
  if (from === 'mirror' && bad > 0) print('npx airlock artifacts fill fetches what is wrong again');
}
