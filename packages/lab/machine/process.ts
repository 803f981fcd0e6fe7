import { spawn } from 'node:child_process';
import type { Ended } from '../../local-aws/agent.ts';

/** How a program is run. */
export interface ExecutionOptions {
  readonly cwd?: string;
  /** The whole environment; by default that of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** The standard input; by default empty. */
  readonly input?: string | Buffer;
  /** Seconds after which the process group is killed; 120 by default. */
  readonly timeoutSeconds?: number;
  /** Receives each piece of stderr as it arrives, and a function that kills the process group. */
  readonly watch?: (text: string, kill: () => void) => void;
}

/**
 * Runs a program to its end in its own process group, as the SSM agent does.
 *
 * @returns how it ended; 137 if it was killed
 * @throws if the program cannot be started
 */
export function execute(argv: readonly string[], options: ExecutionOptions = {}): Promise<Ended> {
  const { cwd, env, input = '', timeoutSeconds = 120, watch } = options;
  const [program = '', ...words] = argv;
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn(program, words, { cwd, env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let timedOut = false;
    const kill = () => {
      if (child.pid !== undefined) killGroup(child.pid);
    };
    const timer = setTimeout(() => {
      timedOut = true;
      kill();
    }, timeoutSeconds * 1_000);
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => {
      err.push(chunk);
      watch?.(chunk.toString('utf8'), kill);
    });
    // A program may exit before it has read everything; its exit status shows what was wrong.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({
        exitCode: code ?? (signal === 'SIGKILL' ? 137 : 128),
        timedOut,
        stdout: Buffer.concat(out).toString('utf8'),
        stderr: Buffer.concat(err).toString('utf8'),
        durationMs: Math.round(performance.now() - began),
      });
    });
  });
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // It has exited in the meantime.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
