import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import type { ReleaseBuilder } from '../release.ts';
import { debianRunsc } from './roots.ts';

/** What a stand-in release is like: a good one, or one with a fault that only a real containerd can show. */
export type ReleaseKind =
  /** Containers of the handler run in gVisor. */
  | 'sandboxed'
  /** runsc alone sandboxes, and its shim starts containers under plain runc. */
  | 'plain-runc'
  /** runsc itself does not sandbox. */
  | 'plain-runsc'
  /** The archive holds no shim. */
  | 'without-shim';

/** Where a release's programs run nothing in gVisor: `runsc do COMMAND` runs the command on the host. */
const plainSentry = '#!/bin/sh\nwhile [ "$1" != do ]; do shift; done\nshift\nexec "$@"\n';

const standIn = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');

/**
 * The stand-in releases for real nodes: upstream's layout, with Debian's own gVisor inside, so that containerd starts real sandboxes.
 * Debian has no shim for gVisor; its shim for runc does that part, behind an adapter.
 *
 * @param progress is told in a line what takes long
 * @param kind what the releases are like
 * @param padding bytes that do not compress, to give the archive the size of upstream's
 * @returns the builder, and a line for people that says what is in the releases
 */
export async function realReleases(
  progress: (line: string) => void,
  kind: ReleaseKind = 'sandboxed',
  padding = 0,
): Promise<{ build: ReleaseBuilder; description: string }> {
  const runsc = await debianRunsc(progress);
  const built = new Map<string, Buffer>();
  const build: ReleaseBuilder = (release, _architecture, compression) => {
    const key = `${release} ${compression}`;
    const archive = built.get(key) ?? pack(files(release, kind, runsc.path, padding), runsc.path, compression);
    built.set(key, archive);
    return archive;
  };
  return { build, description: `stand-in releases with Debian's runsc ${runsc.version} and runc's shim inside` };
}

/** The files of a release; `undefined` stands for Debian's runsc. */
function files(
  release: string,
  kind: ReleaseKind,
  runsc: string,
  padding: number,
): Record<string, string | Buffer | undefined> {
  const shim = standIn('shim-stand-in.pl').replace('@RUNTIME@', kind === 'plain-runc' ? 'runc' : 'runsc');
  return {
    README: `A stand-in for gVisor ${release}, made of ${runsc} and of the shim for runc.\n`,
    runsc: standIn('runsc-stand-in.sh').replace('@RELEASE@', release),
    ...(kind === 'without-shim' ? {} : { 'containerd-shim-runsc-v1': shim }),
    'gvisor-bin/gvisor_sentry': kind === 'plain-runsc' ? plainSentry : undefined,
    ...(padding > 0 ? { 'gvisor-bin/padding': noise(padding) } : {}),
  };
}

/** Bytes that do not compress, the same every time. */
function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = 2_463_534_242;
  for (let at = 0; at + 4 <= length; at += 4) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes.writeInt32LE(state | 0, at);
  }
  return bytes;
}

function pack(
  contents: Record<string, string | Buffer | undefined>,
  runsc: string,
  compression: 'zstd' | 'bz2',
): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'airlock-release-'));
  try {
    mkdirSync(join(folder, 'gvisor-bin'));
    for (const [name, content] of Object.entries(contents)) {
      if (content === undefined) copyFileSync(runsc, join(folder, name));
      else writeFileSync(join(folder, name), content);
      chmodSync(join(folder, name), name === 'README' ? 0o644 : 0o755);
    }
    const same = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
    const tar = execFileSync('tar', [...same, '-cf', '-', '-C', folder, '.'], { maxBuffer: 2 ** 30 });
    if (compression === 'zstd') return zstdCompressSync(tar);
    return execFileSync('bzip2', ['-c'], { input: tar, maxBuffer: 2 ** 30 });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
