import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { DebianRelease } from '../../packages/lab/real-machines.ts';

/** A containerd that the tests run against. */
export interface Target {
  readonly name: string;
  readonly debian: DebianRelease;
  readonly containerdDirectory?: string;
  readonly series: '1.6' | '1.7' | '2.x';
}

/** Debian's newest, for tests that do not depend on the containerd. */
export const newest: Target = { name: 'containerd 2.1 (sid)', debian: 'sid', series: '2.x' };

/** Debian's own, and one more if AIRLOCK_CONTAINERD names a directory with its binaries. */
export const targets: readonly Target[] = [
  { name: 'containerd 1.6 (bookworm)', debian: 'bookworm', series: '1.6' },
  { name: 'containerd 1.7 (trixie)', debian: 'trixie', series: '1.7' },
  newest,
  ...another(),
];

function another(): readonly Target[] {
  const directory = process.env['AIRLOCK_CONTAINERD'];
  if (directory === undefined || directory === '') return [];
  const said = execFileSync(join(directory, 'containerd'), ['--version'], { encoding: 'utf8' });
  const version = /[ v](\d+)\.(\d+)\.\d+/.exec(said);
  if (version === null) throw new Error(`AIRLOCK_CONTAINERD=${directory}: its containerd says ${said.trim()}`);
  const [, major, minor] = version;
  const series = major === '2' ? '2.x' : minor === '7' ? '1.7' : '1.6';
  const name = `containerd ${major}.${minor} (AIRLOCK_CONTAINERD)`;
  return [{ name, debian: 'trixie', containerdDirectory: directory, series }];
}
