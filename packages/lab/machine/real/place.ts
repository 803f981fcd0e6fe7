import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Writes a file into a tree and creates its folders; executable if it is a script. */
export function place(tree: string, path: string, text: string): void {
  const full = join(tree, path);
  if (!existsSync(dirname(full))) mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, text);
  if (text.startsWith('#!')) chmodSync(full, 0o755);
}

/** Hides a file of the root file system: overlayfs reads such a device as "deleted". */
export function hide(upper: string, path: string): void {
  const full = join(upper, path);
  mkdirSync(dirname(full), { recursive: true });
  execFileSync('mknod', [full, 'c', '0', '0']);
}
