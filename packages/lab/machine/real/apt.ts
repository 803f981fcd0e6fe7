import { execFileSync } from 'node:child_process';

/** How this machine's own apt reaches Debian's archive. */
export interface Archive {
  /** The address of a Debian mirror; `undefined` lets mmdebstrap take its own. */
  readonly mirror: string | undefined;
  /** Options of apt that a download needs here, for instance a proxy, as lines of apt.conf. */
  readonly options: readonly string[];
}

/** What of apt's configuration speaks of the way to an archive, and of nothing else on this machine. */
const reach = /^Acquire::(https?::|Retries|ForceIPv4|ForceIPv6|Check-Valid-Until|Check-Date)/;

/**
 * Reads if apt on this machine fetches Debian's packages. An Ubuntu machine knows no Debian mirror; there mmdebstrap's own default
 * is used.
 */
export function readArchive(): Archive {
  const format = '$(ORIGIN)|$(REPO_URI)|$(COMPONENT)|$(CODENAME)';
  const targets = read('apt-get', ['indextargets', '--format', format, 'Created-By: Packages']);
  const rows = targets.split('\n').map((line) => line.split('|'));
  // The security archive does not hold whole releases.
  const debian = rows.find(
    ([origin, uri = '', component, codename = '']) =>
      origin === 'Debian' && component === 'main' && !codename.includes('-security') && /^https?:/.test(uri),
  );
  const options = read('apt-config', ['dump']).split('\n');
  return { mirror: debian?.[1]?.replace(/\/$/, ''), options: options.filter((line) => reach.test(line)) };
}

function read(program: string, words: readonly string[]): string {
  return execFileSync(program, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
