import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { stringify } from 'yaml';
import { parseCatalogue } from '../domain/catalogue.ts';
import { simulatedCatalogue } from '../packages/lab/releases.ts';

/** What to synthesize, and where to write it. */
interface Synthesis {
  /** The folder for the cloud assembly. */
  readonly assembly: string;
  /** An `airlock.yaml` in place of the project's own. */
  readonly config?: string;
  /** A catalogue in place of the project's own. */
  readonly catalogue?: string;
}

/** The app rejected the synthesis. The message is the app's own. */
export class SynthesisRefused extends Error {
  override readonly name = 'SynthesisRefused';
  /** The app's exit code: 2 if the configuration is rejected. */
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

/**
 * Runs the CDK app like `cdk synth`, without the CDK command line.
 *
 * @throws SynthesisRefused with the app's output
 */
export async function synthesize({ assembly, config, catalogue }: Synthesis): Promise<void> {
  const root = join(import.meta.dirname, '..');
  const app = spawn(process.execPath, [join(root, 'bin', 'app.ts')], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...process.env,
      CDK_OUTDIR: assembly,
      // Two thirds of a synthesis are the CDK's checks of the template, which `cdk synth` and `cdk deploy` make. The
      // local cloud has stricter ones.
      CDK_VALIDATION: 'false',
      ...(config === undefined ? {} : { AIRLOCK_CONFIG: config }),
      ...(catalogue === undefined ? {} : { AIRLOCK_CATALOGUE: catalogue }),
    },
  });
  const ended = new Promise<number>((resolve) => app.on('close', (code) => resolve(code ?? 1)));
  const [code, said] = await Promise.all([ended, text(app.stderr)]);
  if (code !== 0) throw new SynthesisRefused(said.trim(), code);
}

/** What may differ in a synthesis for the local cloud. */
interface SimulationSource {
  /** An `airlock.yaml` in place of the project's own. */
  readonly config?: string;
  /** Builds the versions that the machines download. */
  readonly builders?: Parameters<typeof simulatedCatalogue>[2];
}

/** A synthesis for machines that install stand-in artifacts. */
interface SimulatedSynthesis {
  /** The folder of the cloud assembly. */
  readonly assembly: string;
  /** The catalogue it was made with: the project's own, with the stand-in artifacts' checksums. */
  readonly catalogue: string;
}

/**
 * Synthesizes the app for the local cloud.
 *
 * @param folder the folder for the catalogue and the cloud assembly
 * @throws SynthesisRefused with the app's output
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
