import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

/** The agent's shell and the script itself, which get a command's parameters in their environment. */
export const shells: readonly string[] = ['sh', 'dash', 'bash'];

/** The programs of a run, by what was in their environment when they started. */
export interface SeenPrograms {
  /** Every program with the run's parameters. */
  readonly all: ReadonlySet<string>;
  /** Those of them that had the secret. */
  readonly withSecret: ReadonlySet<string>;
}

/**
 * Looks at the environments of all processes of this host, also in other namespaces, while something runs.
 *
 * @param mark what all processes of the run have in their environment
 */
export async function watchEnvironments<T>(
  mark: string,
  secret: string,
  run: () => Promise<T>,
): Promise<SeenPrograms & { readonly result: T }> {
  const all = new Set<string>();
  const withSecret = new Set<string>();
  const look = () => {
    for (const [program, environment] of processes()) {
      if (environment.includes(mark)) all.add(program);
      if (environment.includes(secret)) withSecret.add(program);
    }
  };
  const timer = setInterval(look, 20);
  try {
    return { result: await run(), all, withSecret };
  } finally {
    clearInterval(timer);
  }
}

function* processes(): Generator<readonly [program: string, environment: string]> {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      yield [basename(readlinkSync(`/proc/${pid}/exe`)), readFileSync(`/proc/${pid}/environ`, 'latin1')];
    } catch {
      // It ended, or it has no program: a thread of the kernel.
    }
  }
}
