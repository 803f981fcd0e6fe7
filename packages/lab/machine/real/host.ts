import { accessSync, constants, existsSync, readFileSync } from 'node:fs';

/** Says what a host lacks to run real nodes, and how to get it. */
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
 * Refuses a host that cannot have real nodes.
 *
 * @throws HostError that names every lack, and the command that ends it
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

/** Whether PATH or the usual folders of the system hold a program. */
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
