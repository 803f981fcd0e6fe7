import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** The result of a run of the command line. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

const root = join(import.meta.dirname, '..', '..');

/** Runs `airlock` with these words, as a shell would. */
export async function airlock(words: readonly string[], environment: NodeJS.ProcessEnv = process.env): Promise<Ended> {
  const child = spawn(process.execPath, [join(root, 'bin', 'airlock.ts'), ...words], {
    cwd: root,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, out, err };
}
