import { accessSync, chmodSync, constants, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** The host programs that the scripts may use. PATH contains nothing else, so the host cannot answer by accident. */
const hostPrograms = [
  ...[
    'bash',
    'sh',
    'cat',
    'chmod',
    'cmp',
    'comm',
    'cp',
    'cut',
    'dd',
    'dirname',
    'echo',
    'find',
    'flock',
    'grep',
    'head',
    'ln',
    'ls',
  ],
  ...[
    'mkdir',
    'mv',
    'readlink',
    'rm',
    'rmdir',
    'sed',
    'sha256sum',
    'sleep',
    'sort',
    'sync',
    'tail',
    'tar',
    'tee',
    'timeout',
    'touch',
  ],
  ...['tr', 'wc', 'base64', 'gzip', 'bzip2', 'zstd', 'curl', 'wget'],
];

const found = new Map<string, string | undefined>();

/** Finds a host program in PATH; `undefined` if there is none. */
export function hostProgram(name: string): string | undefined {
  if (found.has(name)) return found.get(name);
  const folders = [
    ...(process.env['PATH'] ?? '').split(':'),
    '/usr/local/bin',
    '/usr/bin',
    '/bin',
    '/usr/sbin',
    '/sbin',
  ];
  const path = folders
    .filter((folder) => folder.startsWith('/'))
    .map((folder) => `${folder}/${name}`)
    .find((candidate) => {
      try {
        accessSync(candidate, constants.X_OK);
        return statSync(candidate).isFile();
      } catch {
        return false;
      }
    });
  found.set(name, path);
  return path;
}

/** Writes a file and creates its folders. */
export function write(path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  chmodSync(path, mode);
}

/**
 * Links the host's programs into a tree.
 *
 * @param besides programs in the tree that must not be hidden
 * @param not programs that this machine lacks
 */
export function linkPrograms(tree: string, besides: ReadonlySet<string>, not: ReadonlySet<string>): void {
  const folder = `${tree}/usr/bin`;
  mkdirSync(folder, { recursive: true });
  for (const name of hostPrograms) {
    if (besides.has(name) || not.has(name)) continue;
    const path = hostProgram(name);
    if (path !== undefined) symlinkSync(path, `${folder}/${name}`);
    else if (name === 'zstd') write(`${folder}/zstd`, nodeZstd, 0o755);
  }
}

/** A zstd for a tree on a host without one: Node unpacks. Like zstd, it ends without a word if its reader goes. */
export const nodeZstd = `#!/bin/sh
exec "${process.execPath}" -e "process.stdout.on('error', () => process.exit(1)); process.stdin.pipe(require('node:zlib').createZstdDecompress()).pipe(process.stdout)"
`;
