import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** What to synthesize, and whereto. */
export interface Synthesis {
  /** The folder for the cloud assembly. */
  readonly assembly: string;
  /** Another `airlock.yaml`. */
  readonly config?: string;
  /** Another catalogue than the project's own. */
  readonly catalogue?: string;
}

/** The synthesis was refused; the message is the app's own. */
export class SynthesisRefused extends Error {
  override readonly name = 'SynthesisRefused';
  /** The app's exit code: 2 where the configuration is bad. */
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

/**
 * Runs the CDK app as `cdk synth` does, without its command line.
 *
 * @throws SynthesisRefused with what the app said
 */
export async function synthesize({ assembly, config, catalogue }: Synthesis): Promise<void> {
  const root = join(import.meta.dirname, '..');
  const app = spawn(process.execPath, [join(root, 'bin', 'app.ts')], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...process.env,
      CDK_OUTDIR: assembly,
      ...(config === undefined ? {} : { AIRLOCK_CONFIG: config }),
      ...(catalogue === undefined ? {} : { AIRLOCK_CATALOGUE: catalogue }),
    },
  });
  const ended = new Promise<number>((resolve) => app.on('close', (code) => resolve(code ?? 1)));
  const [code, said] = await Promise.all([ended, text(app.stderr)]);
  if (code !== 0) throw new SynthesisRefused(said.trim(), code);
}
