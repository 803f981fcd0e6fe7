import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { synthesize } from '../../cli/synthesize.ts';
import { parseCatalogue } from '../../domain/catalogue.ts';
import { simulatedCatalogue } from '../../local/machine/release.ts';

/** Synthesizes the app, with a catalogue that has the checksums of the stand-in release, into a folder. @returns the assembly's folder */
export async function assemblyIn(folder: string): Promise<string> {
  const project = join(import.meta.dirname, '..', '..');
  const catalogue = join(folder, 'catalogue.yaml');
  const shipped = parseCatalogue(readFileSync(join(project, 'ssm-documents', 'catalogue.yaml'), 'utf8'));
  writeFileSync(catalogue, stringify(simulatedCatalogue(shipped)));
  const assembly = join(folder, 'cdk.out');
  await synthesize({ assembly, catalogue });
  return assembly;
}
