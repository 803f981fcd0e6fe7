import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type Archive, readArchive } from './apt.ts';
import { HostError } from './host.ts';

/** The root file systems, by the Debian release of their containerd. */
export const releases = ['bookworm', 'trixie', 'sid'] as const;

/** One of {@link releases}. */
export type DebianRelease = (typeof releases)[number];

/** The recipe for a node's root file system. */
interface Recipe {
  readonly suite: string;
  /** Packages from a newer suite. */
  readonly newer?: { readonly suite: string; readonly packages: readonly string[] };
}

const recipes: Readonly<Record<DebianRelease, Recipe>> = {
  bookworm: { suite: 'bookworm' },
  trixie: { suite: 'trixie' },
  // systemd from 258 on does not start on a host with cgroup v1, so the rest of the node stays on trixie.
  sid: { suite: 'trixie', newer: { suite: 'sid', packages: ['containerd', 'runc'] } },
};

const packages = [
  ...['systemd', 'systemd-sysv', 'dbus', 'containerd', 'runc', 'iproute2', 'procps'],
  ...['curl', 'ca-certificates', 'bzip2', 'zstd', 'busybox-static', 'kmod'],
  // Dependencies of Sysbox's package: a node cannot reach an archive.
  ...['jq', 'rsync', 'fuse3', 'iptables', 'lsb-release', 'passwd'],
];

/**
 * The Debian release of what is kept besides the roots: the gVisor in the stand-in artifacts, for which bookworm's is
 * too old, and libfaketime.
 */
const besideFrom: DebianRelease = 'trixie';
const beside = ['runsc', 'libfaketime'];
const besideOf = (release: DebianRelease) => (release === besideFrom ? beside : []);

/** Raised when a recipe's result changes without a change of its packages. */
const layout = 1;

/** The folder of everything that real nodes keep between runs and while they run; never inside the checkout. */
export function realDirectory(): string {
  const cache = process.env['XDG_CACHE_HOME'];
  return join(cache?.startsWith('/') ? cache : join(homedir(), '.cache'), 'airlock', 'nodes');
}

/** A finished root file system. */
export interface Root {
  readonly release: DebianRelease;
  /** The directory tree. Nodes see it through an overlay and never change it. */
  readonly path: string;
  /** The Debian packages that matter, with their versions: `containerd 1.7.24~ds1-6+deb13u1`. */
  readonly versions: Readonly<Record<string, string>>;
}

/**
 * A release's root file system, built on the first call (about half a minute and 400 MB).
 *
 * @param progress receives a line for each step that takes long
 * @throws HostError if it cannot be built
 */
export async function rootOf(release: DebianRelease, progress: (line: string) => void): Promise<Root> {
  const home = homeOf(release);
  if (!existsSync(home)) await build(release, home, progress);
  return { release, path: join(home, 'root'), versions: versionsIn(join(home, 'root')) };
}

/** Debian's own `runsc`, the stand-in for a version's sentry. @throws HostError if it cannot be fetched */
export async function debianRunsc(progress: (line: string) => void): Promise<{ path: string; version: string }> {
  const home = homeOf(besideFrom);
  await rootOf(besideFrom, progress);
  return { path: join(home, 'runsc'), version: readFileSync(join(home, 'runsc.version'), 'utf8').trim() };
}

/** Debian's libfaketime, which gives a program a wrong clock. */
export function fakeTimeLibrary(): string {
  return join(homeOf(besideFrom), 'libfaketime.so.1');
}

function homeOf(release: DebianRelease): string {
  const key = createHash('sha256').update(
    JSON.stringify([layout, packages, recipes[release], process.arch, ...besideOf(release)]),
  );
  return join(realDirectory(), 'roots', `${release}-${key.digest('hex').slice(0, 12)}`);
}

function versionsIn(root: string): Record<string, string> {
  const status = readFileSync(join(root, 'var/lib/dpkg/status'), 'utf8');
  const found: Record<string, string> = {};
  for (const entry of status.split('\n\n')) {
    const name = /^Package: (.*)$/m.exec(entry)?.[1];
    const version = /^Version: (.*)$/m.exec(entry)?.[1];
    if (name !== undefined && version !== undefined && packages.includes(name)) found[name] = version;
  }
  return found;
}

async function build(release: DebianRelease, home: string, progress: (line: string) => void): Promise<void> {
  const archive = readArchive();
  const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
  if (!existsSync(keyring)) {
    throw new HostError(`${keyring} is missing: apt-get install --no-install-recommends debian-archive-keyring`);
  }
  // A concurrent run may build the same: each builds its own, and the first one stays.
  const unfinished = `${home}.${process.pid}`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  progress(`building a root file system of Debian ${release} (once; about half a minute and 400 MB)`);
  try {
    await mmdebstrap(release, unfinished, archive, progress);
    if (!existsSync(home)) renameSync(unfinished, home);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

function mmdebstrap(
  release: DebianRelease,
  home: string,
  archive: Archive,
  progress: (line: string) => void,
): Promise<void> {
  const { suite, newer } = recipes[release];
  const words = ['--variant=minbase', '--mode=root', '--components=main', `--include=${packages.join(',')}`];
  // The Release file of a mirror that lags behind can be expired; its signature is checked in any case.
  for (const option of ['Acquire::Check-Valid-Until "false";', 'Acquire::Languages "none";', ...archive.options]) {
    words.push(`--aptopt=${option}`);
  }
  for (const folder of ['doc', 'man', 'locale', 'info']) words.push(`--dpkgopt=path-exclude=/usr/share/${folder}/*`);
  if (newer !== undefined) words.push(`--setup-hook=${preferences(newer)}`);
  if (release === besideFrom) words.push(...fetchBeside(home));
  words.push(suite, join(home, 'root'));
  const { mirror } = archive;
  if (newer !== undefined) {
    // mmdebstrap has a default mirror for one suite, and none for a second.
    if (mirror === undefined) throw new HostError('apt on this machine names no Debian mirror, and sid needs one');
    words.push(`deb ${mirror} ${suite} main`, `deb ${mirror} ${newer.suite} main`);
  } else if (mirror !== undefined) words.push(mirror);
  return new Promise((resolve, reject) => {
    const child = spawn('mmdebstrap', words, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString('utf8')).slice(-4_000);
      for (const line of chunk.toString('utf8').split('\n')) {
        if (line.startsWith('I: ')) progress(`  ${release}: ${line.slice(3)}`);
      }
    });
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new HostError(`mmdebstrap for ${release} ended with ${code}:\n${said}`)),
    );
  });
}

/** Takes only the named packages and their dependencies from the newer suite. */
function preferences(newer: { readonly suite: string; readonly packages: readonly string[] }): string {
  const text = [
    ...['Package: *', `Pin: release n=${newer.suite}`, 'Pin-Priority: 100', ''],
    ...[`Package: ${newer.packages.join(' ')}`, `Pin: release n=${newer.suite}`, 'Pin-Priority: 990', ''],
  ];
  const lines = text.map((line) => `'${line}'`).join(' ');
  return `mkdir -p "$1"/etc/apt/preferences.d; printf '%s\\n' ${lines} >"$1"/etc/apt/preferences.d/newer`;
}

/**
 * Debian's runsc is fetched next to the root and not into it: on a node it would be a foreign installation. The same
 * goes for the library that lets a program see another time.
 */
function fetchBeside(home: string): string[] {
  const fetch = [
    'set -e',
    `cd ${quote(home)}`,
    `APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get download -q ${beside.join(' ')}`,
    'for package in *.deb; do dpkg-deb -x "$package" unpacked; done',
    'mv unpacked/usr/bin/runsc runsc',
    'mv unpacked/usr/lib/*/faketime/libfaketime.so.1 libfaketime.so.1',
    'dpkg-deb -f runsc_*.deb Version >runsc.version',
    'rm -rf unpacked *.deb',
  ];
  return [`--customize-hook=${fetch.join('; ')}`];
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
