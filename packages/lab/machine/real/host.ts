import { accessSync, constants, existsSync, readFileSync } from 'node:fs';

/** The host cannot run real nodes. The message names what it lacks and how to get it. */
export class HostError extends Error {
  override readonly name = 'HostError';
}

/** Programs that real nodes need, with the Debian package of each. */
const programs: Readonly<Record<string, string>> = {
  mmdebstrap: 'mmdebstrap',
  'apt-get': 'apt',
  unshare: 'util-linux',
  nsenter: 'util-linux',
  setpriv: 'util-linux',
  mount: 'mount',
  ip: 'iproute2',
  tar: 'tar',
};

/**
 * Rejects a host that cannot run real nodes.
 *
 * @throws HostError that names everything missing, and the command that installs it
 */
export function requireRealHost(): void {
  const version = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  const names = /^ID(?:_LIKE)?=(.*)$/gm;
  const family = [...version.matchAll(names)].flatMap(([, value = '']) => value.replaceAll('"', '').split(' '));
  if (process.platform !== 'linux' || !family.some((name) => name === 'debian' || name === 'ubuntu')) {
    throw new HostError(`real nodes need Debian or Ubuntu; this is ${family[0] ?? process.platform}`);
  }
  if (process.getuid?.() !== 0) {
    throw new HostError(
      `real nodes need root: they mount file systems and make namespaces; this is user ${process.getuid?.()}. Run the command with sudo`,
    );
  }
  const missing = Object.entries(programs).filter(([name]) => !inPath(name));
  if (missing.length > 0) {
    const packages = [...new Set(missing.map(([, name]) => name))].join(' ');
    throw new HostError(
      `real nodes need ${missing.map(([name]) => name).join(', ')}: apt-get install --no-install-recommends ${packages}`,
    );
  }
}

/** Whether PATH or the system's usual folders contain a program. */
function inPath(name: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
  return folders.some((folder) => {
    try {
      accessSync(`${folder}/${name}`, constants.X_OK);
      return folder.startsWith('/');
    } catch {
      return false;
    }
  });
}
