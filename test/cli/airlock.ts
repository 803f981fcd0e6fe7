import { type ChildProcess, fork, spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** The result of a run of the command line. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** What the shared process runs. */
export interface Asked {
  readonly words: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
}

const root = join(import.meta.dirname, '..', '..');

/** Runs `airlock` with these words in its own process, as a shell would. */
export async function airlockAlone(
  words: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Ended> {
  const child = spawn(process.execPath, [join(root, 'bin', 'airlock.ts'), ...words], {
    cwd: root,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, out, err };
}

let shared: ChildProcess | undefined;
let last: Promise<unknown> = Promise.resolve();

/**
 * Runs `airlock` with these words in the process that all commands share, after those before it: most end sooner than a
 * process starts.
 */
export function airlock(words: readonly string[], environment: NodeJS.ProcessEnv = process.env): Promise<Ended> {
  const ended = last.then(() => ask({ words, environment }));
  last = ended.catch(() => {});
  return ended;
}

async function ask(asked: Asked): Promise<Ended> {
  if (!shared?.connected) {
    shared = fork(join(import.meta.dirname, 'shared-process.ts'), { cwd: root, execArgv: [], stdio: 'inherit' });
    shared.unref();
    shared.channel?.unref();
  }
  const child = shared;
  const answer = new Promise<Ended>((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`the process of ${asked.words.join(' ')} ended with ${code}`)));
  });
  child.send(asked);
  return answer.finally(() => child.removeAllListeners());
}
