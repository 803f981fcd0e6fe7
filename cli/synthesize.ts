import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { stringify } from 'yaml';
import { parseCatalogue } from '../domain/catalogue.ts';
import { simulatedCatalogue } from '../packages/lab/releases.ts';

/** What to synthesize, and whereto. */
interface Synthesis {
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
  /** The app's exit code: 2 if the configuration is bad. */
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

/** What a synthesis for the local cloud may differ in. */
interface SimulationSource {
  /** Another `airlock.yaml`. */
  readonly config?: string;
  /** What makes the versions that the machines download. */
  readonly builders?: Parameters<typeof simulatedCatalogue>[2];
}

/** A synthesis for machines whose releases are stand-ins. */
interface SimulatedSynthesis {
  /** The folder of the cloud assembly. */
  readonly assembly: string;
  /** The catalogue that it was made with: the project's own, with the checksums of the stand-in releases. */
  readonly catalogue: string;
}

/**
 * Synthesizes the app for the local cloud.
 *
 * @param folder where the catalogue and the cloud assembly are written
 * @throws SynthesisRefused with what the app said
 */
export async function synthesizeSimulated(
  folder: string,
  { config, builders }: SimulationSource = {},
): Promise<SimulatedSynthesis> {
  const project = join(import.meta.dirname, '..', 'ssm-documents', 'catalogue.yaml');
  const catalogue = join(folder, 'catalogue.yaml');
  writeFileSync(
    catalogue,
    stringify(simulatedCatalogue(parseCatalogue(readFileSync(project, 'utf8')), 'zstd', builders)),
  );
  const assembly = join(folder, 'cdk.out');
  await synthesize({ assembly, catalogue, ...(config === undefined ? {} : { config }) });
  return { assembly, catalogue };
}
