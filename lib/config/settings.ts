import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Catalogue, CatalogueError, parseCatalogue } from '../../domain/catalogue.ts';
import type { Versions } from '../../domain/tags.ts';
import { ConfigError } from './config-error.ts';
import { loadConfig } from './load.ts';
import type { Config } from './schema.ts';
import { versionsOf } from './versions.ts';

const root = join(import.meta.dirname, '..', '..');

/** The project's own `airlock.yaml`. */
export const defaultConfig = join(root, 'airlock.yaml');

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

/**
 * Reads `airlock.yaml` and the catalogue, and checks one against the other. Every command begins with it, so all commands reject the same files.
 *
 * @throws ConfigError with a line per error
 */
export function loadSettings(files: SettingsFiles = {}): Settings {
  const path = files.config ?? process.env['AIRLOCK_CONFIG'] ?? defaultConfig;
  const config = loadConfig(path);
  const catalogue = loadCatalogue(
    files.catalogue ?? process.env['AIRLOCK_CATALOGUE'] ?? join(root, 'ssm-documents', 'catalogue.yaml'),
  );
  return { config, catalogue, versions: versionsOf(config, catalogue, path) };
}

function loadCatalogue(path: string): Catalogue {
  try {
    return parseCatalogue(readFileSync(path, 'utf8'));
  } catch (cause) {
    if (cause instanceof CatalogueError) throw new ConfigError(`${path}: ${cause.message}`, { cause });
    throw new ConfigError(`${path}: cannot be read: ${(cause as Error).message}`, { cause });
  }
}
