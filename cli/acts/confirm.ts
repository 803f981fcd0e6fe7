import { createInterface } from 'node:readline/promises';
import { UsageError } from '../output/errors.ts';

/**
 * Asks before something is done to many nodes, or that cannot be undone.
 *
 * @param yes whether the caller has agreed beforehand, by `--yes`
 * @throws UsageError without a terminal to ask on
 */
export async function confirm(question: string, yes: boolean): Promise<boolean> {
  if (yes) return true;
  if (!process.stdin.isTTY) throw new UsageError(`${question} There is no terminal to ask on; accepted: --yes`);
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await asking.question(`${question} [y/N] `)).trim());
  } finally {
    asking.close();
  }
}
