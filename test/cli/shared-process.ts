// Runs one command line after another in one process, for tests that do not test the process itself: starting it costs
// more than most commands.
import { airlockProgram } from '../../cli/commands.ts';
import { reportError } from '../../cli/output/report-error.ts';
import type { Asked, Ended } from './airlock.ts';

/** Thrown in place of the end of the process. */
class Exit extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

process.exit = (code) => {
  throw new Exit(Number(code ?? process.exitCode ?? 0));
};

/** Keeps what is written to a stream. @returns what was written since */
function capture(stream: NodeJS.WriteStream): () => string {
  let written = '';
  stream.write = (chunk: string | Uint8Array) => {
    written += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
    return true;
  };
  return () => {
    const taken = written;
    written = '';
    return taken;
  };
}

const [out, err] = [capture(process.stdout), capture(process.stderr)];

async function run({ words, environment }: Asked): Promise<Ended> {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, environment);
  process.exitCode = undefined;
  try {
    await airlockProgram().parseAsync(words, { from: 'user' });
  } catch (error) {
    process.exitCode = error instanceof Exit ? error.code : reportError(error, words.includes('--debug'));
  }
  return { code: Number(process.exitCode ?? 0), out: out(), err: err() };
}

process.on('message', async (asked: Asked) => process.send?.(await run(asked)));
