import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Catalogue, CatalogueError, parseCatalogue } from '../../domain/catalogue.ts';
import type { Versions } from '../../domain/tags.ts';
import { ConfigError } from './config-error.ts';
import { loadConfig } from './load.ts';
import type { Config } from './schema.ts';
import { versionsOf } from './versions.ts';

const root = join(import.meta.dirname, '..', '..');

/** The project's own `airlock.yaml`. */
export const defaultConfig = join(root, 'airlock.yaml');

/** The catalogue that comes with Airlock. */
export const shippedCatalogue = join(root, 'ssm-documents', 'catalogue.yaml');

/** The files to read in place of the project's own. */
export interface SettingsFiles {
  readonly config?: string | undefined;
  readonly catalogue?: string | undefined;
}

/** What the app is built from. */
export interface Settings {
  readonly config: Config;
  readonly catalogue: Catalogue;
  /** The versions that nodes may request, by runtime. */
  readonly versions: Versions;
}

/** The path of `airlock.yaml`: the given file, AIRLOCK_CONFIG, or the project's own. */
export function configPath(given: string | undefined): string {
  return given ?? process.env['AIRLOCK_CONFIG'] ?? defaultConfig;
}

/**
 * Reads `airlock.yaml` and the catalogue, and checks one against the other. Every command begins with it, so all
 * commands reject the same files; only `airlock catalogue update` takes a catalogue that is not the pinned one, which
 * it replaces.
 *
 * @throws ConfigError with a line per error
 */
export function loadSettings(files: SettingsFiles = {}): Settings {
  const path = configPath(files.config);
  const config = loadConfig(path);
  const other = files.catalogue ?? process.env['AIRLOCK_CATALOGUE'];
  const copy = config.catalogue && { ...config.catalogue, file: join(dirname(path), config.catalogue.file) };
  const catalogue = loadCatalogue(
    other ?? copy?.file ?? shippedCatalogue,
    other === undefined ? copy?.sha256 : undefined,
  );
  return { config, catalogue, versions: versionsOf(config, catalogue, path) };
}

/** @param sha256 the expected SHA-256 of the file; undefined accepts any */
function loadCatalogue(path: string, sha256: string | undefined): Catalogue {
  try {
    const bytes = readFileSync(path);
    const seen = createHash('sha256').update(bytes).digest('hex');
    if (sha256 !== undefined && seen !== sha256) {
      const fix = `review the change, and run airlock catalogue update --from ${path}`;
      throw new CatalogueError(`its SHA-256 is ${seen}; accepted: ${sha256}, which airlock.yaml pins; ${fix}`);
    }
    return parseCatalogue(bytes.toString('utf8'));
  } catch (cause) {
    if (cause instanceof CatalogueError) throw new ConfigError(`${path}: ${cause.message}`, { cause });
    throw new ConfigError(`${path}: cannot be read: ${(cause as Error).message}`, { cause });
  }
}
