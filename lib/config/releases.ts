import { type Catalogue, defaultRelease } from '../../domain/catalogue.ts';
import { type Runtime, runtimes } from '../../domain/node.ts';
import type { Releases } from '../../domain/tags.ts';
import { ConfigError } from './config-error.ts';
import type { Config } from './schema.ts';

/**
 * The releases that nodes may ask for: all of the catalogue's for each configured runtime, and the default of each.
 *
 * @param name how messages call the configuration's file
 * @throws ConfigError if the configuration names what the catalogue does not have
 */
export function releasesOf({ runtimes: wanted }: Config, catalogue: Catalogue, name = 'airlock.yaml'): Releases {
  const entries = Object.entries(wanted).map(([key, { release }]) => {
    const runtime = key as Runtime;
    const all = (catalogue.runtimes[runtime]?.releases ?? []).map((one) => one.release);
    if (all.length === 0) {
      const had = runtimes.filter((one) => catalogue.runtimes[one] !== undefined).join(', ');
      throw new ConfigError(`${name}: runtimes.${runtime}: the catalogue has no release of it; accepted: ${had}`);
    }
    const chosen = release ?? defaultRelease(catalogue, runtime);
    if (!all.includes(chosen)) {
      const seen = JSON.stringify(chosen);
      throw new ConfigError(`${name}: runtimes.${runtime}.release: is ${seen}; accepted: ${all.join(', ')}`);
    }
    return [runtime, { default: chosen, all }] as const;
  });
  return Object.fromEntries(entries);
}
