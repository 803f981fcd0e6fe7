import { type Catalogue, type CatalogueRuntime, defaultVersion, versionOf } from '../../domain/catalogue.ts';
import { type Runtime, runtimes } from '../../domain/runtimes.ts';
import type { Versions } from '../../domain/tags.ts';
import { isOlder } from '../../domain/versions.ts';
import { ConfigError } from './config-error.ts';
import type { Config } from './schema.ts';

/**
 * The versions that nodes may request: all versions in the catalogue for each configured runtime, each runtime's default, and its floor.
 *
 * @param name the file's name in messages
 * @throws ConfigError if the configuration names a version that is not in the catalogue, or that an advisory rules out
 */
export function versionsOf(
  { runtimes: wanted, proof }: Pick<Config, 'runtimes' | 'proof'>,
  catalogue: Catalogue,
  name = 'airlock.yaml',
): Versions {
  const entries = Object.entries(wanted).map(([key, { version, minimumVersion }]) => {
    const runtime = key as Runtime;
    const entry = catalogue.runtimes[runtime];
    if (entry === undefined) {
      const had = runtimes.filter((one) => catalogue.runtimes[one] !== undefined).join(', ');
      throw new ConfigError(`${name}: runtimes.${runtime}: is not in the catalogue; accepted: ${had}`);
    }
    const all = entry.versions.map((one) => one.version);
    const field = (which: string, seen: string, accepted: string) =>
      new ConfigError(`${name}: runtimes.${runtime}.${which}: is ${JSON.stringify(seen)}; accepted: ${accepted}`);
    if (minimumVersion !== undefined && !all.includes(minimumVersion)) {
      throw field('minimumVersion', minimumVersion, all.join(', '));
    }
    if (proof === 'host' && entry.proof === 'pod') {
      const without = `runtimes without ${runtime}`;
      throw new ConfigError(
        `${name}: proof: is "host"; accepted: pod, or ${without}: its pods are known to fail on hosts that pass the proof`,
      );
    }
    const floor = floorOf(entry, minimumVersion);
    const chosen = version ?? defaultVersion(catalogue, runtime);
    const accepted = all.filter((one) => floor === undefined || !isOlder(one, floor.version));
    if (!accepted.includes(chosen)) {
      if (version === undefined)
        throw field('minimumVersion', minimumVersion ?? '', `${chosen}, the default, or an older one`);
      throw field('version', chosen, accepted.join(', '));
    }
    return [runtime, { default: chosen, all, ...(floor === undefined ? {} : { floor }) }] as const;
  });
  return Object.fromEntries(entries);
}

function floorOf({ floor }: CatalogueRuntime, minimumVersion: string | undefined) {
  if (minimumVersion !== undefined) return { version: minimumVersion, because: 'minimumVersion in airlock.yaml' };
  return floor && { version: floor.version, because: `${floor.id}: ${floor.reason}` };
}

/** The advisories that affect the default versions, as warnings by id. */
export function advisoriesOf(versions: Versions, catalogue: Catalogue): Readonly<Record<string, string>> {
  const warnings = Object.entries(versions).flatMap(([runtime, { default: version }]) => {
    const { advisories = [] } = versionOf(catalogue, runtime as Runtime, version) ?? {};
    return advisories.map(
      ({ id, reason, link }) =>
        [`airlock:${runtime}:${id}`, `${runtime} ${version}: ${id}: ${reason} (${link})`] as const,
    );
  });
  return Object.fromEntries(warnings);
}
