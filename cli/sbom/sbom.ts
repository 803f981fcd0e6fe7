import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as v from 'valibot';
import { listMirroredFiles } from '../../domain/mirrored-files.ts';
import { nodeSbom } from '../../domain/sbom.ts';
import { loadSettings } from '../../lib/config/settings.ts';
import { CouldNotLook } from '../output/errors.ts';
import { type ExitCode, exitCodes } from '../output/exit-codes.ts';
import { printJson } from '../output/json.ts';
import { AppSbomSchema, NodeSbomSchema, type SbomOptions } from './schema.ts';

const root = join(import.meta.dirname, '..', '..');

/** More bytes than npm prints. */
const mostBytes = 50_000_000;

/** `airlock sbom`: a bill of materials of what goes on nodes, or of Airlock itself. */
export async function printSbom({ app, config }: SbomOptions): Promise<ExitCode> {
  if (app) printJson(AppSbomSchema, await appSbom());
  else {
    const { catalogue, versions } = loadSettings({ config });
    const identity = { tool: ownPackage(), id: randomUUID(), at: new Date().toISOString() };
    printJson(NodeSbomSchema, nodeSbom(listMirroredFiles(catalogue, versions), identity));
  }
  return exitCodes.fine;
}

/**
 * What npm states about the packages in package-lock.json, without those for development only.
 *
 * @throws CouldNotLook if npm fails
 */
export async function appSbom(): Promise<v.InferOutput<typeof AppSbomSchema>> {
  const words = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'];
  const printed = await promisify(execFile)('npm', words, { cwd: root, maxBuffer: mostBytes }).catch((error: Error) => {
    throw new CouldNotLook(`npm sbom failed: ${error.message.split('\n')[0]}; accepted: npm 10 or newer in PATH`);
  });
  const sbom = v.parse(AppSbomSchema, JSON.parse(printed.stdout));
  // With --omit=dev npm also leaves out what is needed for development as well.
  const isUsed = ({ properties = [] }: (typeof sbom.components)[number]) =>
    !properties.some(({ name }) => name === 'cdx:npm:package:development');
  const components = sbom.components.filter(isUsed);
  const known = new Set([sbom.metadata.component['bom-ref'], ...components.map((one) => one['bom-ref'])]);
  const dependencies = sbom.dependencies
    .filter(({ ref }) => known.has(ref))
    .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((one) => known.has(one)) }));
  // npm names it after the folder.
  const component = { ...sbom.metadata.component, name: ownPackage().name };
  return { ...sbom, metadata: { ...sbom.metadata, component }, components, dependencies };
}

function ownPackage(): { readonly name: string; readonly version: string } {
  const text = readFileSync(join(root, 'package.json'), 'utf8');
  return v.parse(v.object({ name: v.string(), version: v.string() }), JSON.parse(text));
}
