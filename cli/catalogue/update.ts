import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Catalogue, CatalogueError, parseCatalogue } from '../../domain/catalogue.ts';
import { diffCatalogues } from '../../domain/catalogue-diff.ts';
import { verbs } from '../../domain/parameters.ts';
import type { Runtime } from '../../domain/runtimes.ts';
import { ConfigError } from '../../lib/config/config-error.ts';
import { documentOptions } from '../../lib/config/document-options.ts';
import { loadConfig } from '../../lib/config/load.ts';
import type { Config } from '../../lib/config/schema.ts';
import { configPath, shippedCatalogue } from '../../lib/config/settings.ts';
import { advisoryWarnings, versionsOf } from '../../lib/config/versions.ts';
import { assembleDocument } from '../../ssm-documents/assemble.ts';
import { type ExitCode, exitCodes } from '../output/exit-codes.ts';
import { printJson } from '../output/json.ts';
import { readSource } from './fetch.ts';
import { replaceFile, withPin } from './pin.ts';
import { type CatalogueUpdate, CatalogueUpdateSchema, printUpdate, showChange } from './update-report.ts';

/** What `airlock catalogue update` is asked for. */
export interface UpdateOptions {
  readonly from: string;
  /** The file to write, relative to the folder of `airlock.yaml`. */
  readonly to?: string;
  /** The SHA-256 that the catalogue must have. */
  readonly sha256?: string;
  readonly dryRun: boolean;
  readonly config?: string;
  readonly json: boolean;
}

/**
 * `airlock catalogue update`: writes a copy of a catalogue beside `airlock.yaml` and pins its hash there. Both are left as they are unless
 * the whole catalogue is valid, fits the configuration, and fits into documents.
 *
 * @throws ConfigError if the catalogue cannot be used; CouldNotLook if it cannot be read
 */
export async function updateCatalogue(options: UpdateOptions, get: typeof fetch = fetch): Promise<ExitCode> {
  const { from, dryRun, json } = options;
  const path = configPath(options.config);
  const config = loadConfig(path);
  const bytes = await readSource(from, get);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (options.sha256 !== undefined && options.sha256 !== sha256) {
    throw new ConfigError(`${from}: its SHA-256 is ${sha256}; accepted: ${options.sha256}, as --sha256 gives it`);
  }
  const catalogue = parse(Buffer.from(bytes).toString('utf8'), from);
  const versions = versionsOf(config, catalogue, path);
  refuseLongDocuments(catalogue, config, from);

  const changes = diffCatalogues(catalogueInUse(path, config), catalogue).map(showChange);
  const file = options.to ?? config.catalogue?.file ?? 'catalogue.yaml';
  const text = readFileSync(path, 'utf8');
  const pinned = withPin(text, { file, sha256 }, path);
  const copy = join(dirname(path), file);
  const isNew = pinned !== text || !bytesAt(copy)?.equals(bytes);
  if (isNew && !dryRun) {
    replaceFile(copy, bytes);
    replaceFile(path, pinned);
  }
  const report: CatalogueUpdate = {
    version: 1,
    from,
    sha256,
    file: copy,
    written: isNew && !dryRun,
    changes,
    warnings: Object.values(advisoryWarnings(versions, config, catalogue, path)),
  };
  if (json) printJson(CatalogueUpdateSchema, report);
  else printUpdate(report, dryRun);
  return exitCodes.fine;
}

function parse(text: string, from: string): Catalogue {
  try {
    return parseCatalogue(text);
  } catch (cause) {
    if (!(cause instanceof CatalogueError)) throw cause;
    throw new ConfigError(`${from}: ${cause.message}`, { cause });
  }
}

/** SSM limits a document's length, and each document has its runtime's part of the catalogue. */
function refuseLongDocuments(catalogue: Catalogue, config: Config, from: string): void {
  for (const runtime of Object.keys(config.runtimes) as Runtime[]) {
    for (const verb of verbs) {
      try {
        assembleDocument(catalogue, runtime, verb, documentOptions(config, runtime));
      } catch (cause) {
        if (!(cause instanceof RangeError)) throw cause;
        throw new ConfigError(`${from}: ${cause.message}; accepted: fewer versions or rules`, { cause });
      }
    }
  }
}

/**
 * The catalogue until now: the copy, whatever was changed in it since, or the one that comes with Airlock if no copy
 * can be read.
 */
function catalogueInUse(path: string, { catalogue: copy }: Config): Catalogue {
  const own = copy && bytesAt(join(dirname(path), copy.file));
  try {
    if (own !== undefined) return parseCatalogue(own.toString('utf8'));
  } catch (cause) {
    if (!(cause instanceof CatalogueError)) throw cause;
  }
  return parseCatalogue(readFileSync(shippedCatalogue, 'utf8'));
}

function bytesAt(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
