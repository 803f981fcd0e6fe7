import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import type { ArtifactBuilder, Builders } from '../artifact.ts';
import { kataArchive } from '../artifacts/kata.ts';
import { sysboxPackage } from '../artifacts/sysbox.ts';
import { debianRunsc } from './roots.ts';

/** The kind of stand-in artifact: a good one, or one with a fault that only a real containerd can show. */
export type ArtifactKind =
  /** The handler's containers run in gVisor, in a stand-in for a guest, or in a user namespace. */
  | 'sandboxed'
  /** The handlers start containers under plain runc; only gVisor's runsc by itself sandboxes. */
  | 'plain-runc'
  /** gVisor's runsc itself does not sandbox. */
  | 'plain-runsc'
  /** gVisor's archive contains no shim. */
  | 'without-shim';

/** A sentry that sandboxes nothing: `runsc do COMMAND` runs the command on the host. */
const plainSentry = '#!/bin/sh\nwhile [ "$1" != do ]; do shift; done\nshift\nexec "$@"\n';

const standIn = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');

/** What the artifacts of {@link realArtifacts} contain, one line each. */
export interface Descriptions {
  readonly gvisor: string;
  readonly kata: string;
  readonly sysbox: string;
}

/**
 * Stand-in artifacts for real nodes, in upstream's layout, with which containerd really starts containers through each
 * handler. gVisor is Debian's. Debian has no shim for it, so Debian's shim for runc does that part, behind an adapter.
 * Kata and Sysbox are not in Debian: their containers run under runc, and have the one mark that the proof checks.
 *
 * @param progress receives a line for each step that takes long
 * @param kind the kind of the artifacts
 * @param padding bytes that compress like programs, to bring gVisor's archive to the size of upstream's
 */
export async function realArtifacts(
  progress: (line: string) => void,
  kind: ArtifactKind = 'sandboxed',
  padding = 0,
): Promise<{ builders: Builders; descriptions: Descriptions }> {
  const runsc = await debianRunsc(progress);
  const built = new Map<string, Buffer>();
  const gvisor: ArtifactBuilder = (version, _architecture, compression) => {
    const key = `${version} ${compression}`;
    const archive = built.get(key) ?? pack(files(version, kind, runsc.path, padding), runsc.path, compression);
    built.set(key, archive);
    return archive;
  };
  const kata: Builders['kata'] = (version, architecture) =>
    kataArchive(version, architecture, kataShim(version, kind), { [guestRuntime.slice(1)]: runcWithBootId('uuid') });
  const sysbox: Builders['sysbox'] = (version, architecture) =>
    sysboxPackage(version, architecture, sysboxRunc(version, kind), maintainerScripts);
  const descriptions = {
    gvisor: `stand-in artifacts with Debian's runsc ${runsc.version} and runc's shim inside: a real sandbox, and no upstream binary`,
    kata: "a stand-in: a container of runc with its own boot id, behind runc's shim; no virtual machine",
    sysbox:
      'a stand-in package: runc with a user namespace for every container, beside two idle daemons; a real user namespace',
  };
  return { builders: { gvisor, kata, sysbox }, descriptions };
}

const guestRuntime = '/opt/kata/libexec/guest-stand-in';

/**
 * A runc whose containers read their boot id from a file of /proc/sys/kernel/random: `boot_id`, the node's own, or
 * `uuid`, a new one.
 */
export function runcWithBootId(source: 'boot_id' | 'uuid'): string {
  return standIn('runc-with-boot-id.sh').replace('@SOURCE@', `/proc/sys/kernel/random/${source}`);
}

/** The adapter in front of runc's shim, configured for the shim that it replaces. */
function shimStandIn(of: Record<'RUNTIME' | 'VERSION' | 'HOME' | 'TABLE' | 'NEEDS', string>): string {
  return standIn('shim-stand-in.pl').replaceAll(/@([A-Z]+)@/g, (_, name: keyof typeof of) => of[name]);
}

function kataShim(version: string, kind: ArtifactKind): string {
  return shimStandIn({
    RUNTIME: kind === 'plain-runc' ? 'runc' : guestRuntime,
    VERSION: `Kata Containers containerd shim (stand-in): id: io.containerd.kata.v2, version: ${version}`,
    HOME: '/opt/kata/runtime-rs/bin/containerd-shim-kata-v2',
    TABLE: 'hypervisor',
    NEEDS: '/dev/kvm',
  });
}

function sysboxRunc(version: string, kind: ArtifactKind): string {
  const text = standIn('sysbox-runc-stand-in.sh').replace('@RELEASE@', version);
  // A Sysbox without user namespaces still claims them.
  return kind === 'plain-runc' ? text.replace(`'"type":"user"'`, "'{'") : text;
}

/** What upstream's package does besides installing files: it creates a user, a folder, and daemons that end with it. */
const maintainerScripts = {
  postinst: `#!/bin/sh
set -e
getent passwd sysbox >/dev/null || useradd --system --no-create-home --shell /usr/sbin/nologin sysbox
mkdir -p /var/lib/sysboxfs
systemctl daemon-reload
`,
  prerm: '#!/bin/sh\nset -e\nsystemctl disable --now sysbox.service sysbox-mgr.service sysbox-fs.service\n',
  postrm: '#!/bin/sh\nset -e\nsystemctl daemon-reload\n',
};

/** The files of an artifact; `undefined` means Debian's runsc. */
function files(
  version: string,
  kind: ArtifactKind,
  runsc: string,
  padding: number,
): Record<string, string | Buffer | undefined> {
  const shim = shimStandIn({
    RUNTIME: kind === 'plain-runc' ? 'runc' : 'runsc',
    ...{
      VERSION: `containerd-shim-runsc-v1 release-${version} (stand-in)`,
      HOME: '',
      TABLE: 'runsc_config',
      NEEDS: '',
    },
  });
  return {
    README: `A stand-in for gVisor ${version}, made of ${runsc} and of the shim for runc.\n`,
    runsc: standIn('runsc-stand-in.sh').replace('@RELEASE@', version),
    ...(kind === 'without-shim' ? {} : { 'containerd-shim-runsc-v1': shim }),
    'gvisor-bin/gvisor_sentry': kind === 'plain-runsc' ? plainSentry : undefined,
    ...(padding > 0 ? { 'gvisor-bin/padding': noise(padding) } : {}),
  };
}

/** Bytes that compress to three eighths, about like upstream's programs; the same every time. */
function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = 2_463_534_242;
  for (let at = 0; at + 4 <= length; at += 4) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes.writeInt32LE(state & 0x07_07_07_07, at);
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
