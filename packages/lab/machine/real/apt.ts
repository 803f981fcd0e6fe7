import { execFileSync } from 'node:child_process';

/** How this machine's apt reaches Debian's archive. */
export interface Archive {
  /** A Debian mirror's address; `undefined` leaves mmdebstrap its default. */
  readonly mirror: string | undefined;
  /** apt options that a download needs here, for instance a proxy, as lines of apt.conf. */
  readonly options: readonly string[];
}

/** The parts of apt's configuration that concern access to an archive, and nothing else on this machine. */
const reach = /^Acquire::(https?::|Retries|ForceIPv4|ForceIPv6|Check-Valid-Until|Check-Date)/;

/**
 * Reads where apt on this machine fetches Debian's packages. An Ubuntu machine has no Debian mirror configured; there
 * mmdebstrap's default applies.
 */
export function readArchive(): Archive {
  const format = '$(ORIGIN)|$(REPO_URI)|$(COMPONENT)|$(CODENAME)';
  const targets = read('apt-get', ['indextargets', '--format', format, 'Created-By: Packages']);
  const rows = targets.split('\n').map((line) => line.split('|'));
  // The security archive does not contain whole releases.
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
