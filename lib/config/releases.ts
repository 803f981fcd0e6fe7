import { type Catalogue, type CatalogueRuntime, defaultRelease, releaseOf } from '../../domain/catalogue.ts';
import { type Runtime, runtimes } from '../../domain/runtimes.ts';
import type { Releases } from '../../domain/tags.ts';
import { isOlder } from '../../domain/versions.ts';
import { ConfigError } from './config-error.ts';
import type { Config } from './schema.ts';

/**
 * The releases that nodes may ask for: all of the catalogue's for each configured runtime, the default of each, and its floor.
 *
 * @param name how messages call the configuration's file
 * @throws ConfigError if the configuration names what the catalogue does not have, or what an advisory rules out
 */
export function releasesOf(
  { runtimes: wanted, proof }: Pick<Config, 'runtimes' | 'proof'>,
  catalogue: Catalogue,
  name = 'airlock.yaml',
): Releases {
  const entries = Object.entries(wanted).map(([key, { release, minimumRelease }]) => {
    const runtime = key as Runtime;
    const entry = catalogue.runtimes[runtime];
    if (entry === undefined) {
      const had = runtimes.filter((one) => catalogue.runtimes[one] !== undefined).join(', ');
      throw new ConfigError(`${name}: runtimes.${runtime}: the catalogue has no release of it; accepted: ${had}`);
    }
    const all = entry.releases.map((one) => one.release);
    const field = (which: string, seen: string, accepted: string) =>
      new ConfigError(`${name}: runtimes.${runtime}.${which}: is ${JSON.stringify(seen)}; accepted: ${accepted}`);
    if (minimumRelease !== undefined && !all.includes(minimumRelease)) {
      throw field('minimumRelease', minimumRelease, all.join(', '));
    }
    if (proof === 'host' && entry.proof === 'pod') {
      const without = `runtimes without ${runtime}`;
      throw new ConfigError(
        `${name}: proof: is "host"; accepted: pod, or ${without}: its pods are known to fail on hosts that pass the proof`,
      );
    }
    const floor = floorOf(entry, minimumRelease);
    const chosen = release ?? defaultRelease(catalogue, runtime);
    const accepted = all.filter((one) => floor === undefined || !isOlder(one, floor.release));
    if (!accepted.includes(chosen)) {
      if (release === undefined)
        throw field('minimumRelease', minimumRelease ?? '', `${chosen}, the default, or an older one`);
      throw field('release', chosen, accepted.join(', '));
    }
    return [runtime, { default: chosen, all, ...(floor === undefined ? {} : { floor }) }] as const;
  });
  return Object.fromEntries(entries);
}

function floorOf({ floor }: CatalogueRuntime, minimumRelease: string | undefined) {
  if (minimumRelease !== undefined) return { release: minimumRelease, because: 'minimumRelease in airlock.yaml' };
  return floor && { release: floor.release, because: `${floor.id}: ${floor.reason}` };
}

/** What the releases that nodes get where their tag names none are affected by, as warnings by id. */
export function advisoriesOf(releases: Releases, catalogue: Catalogue): Readonly<Record<string, string>> {
  const warnings = Object.entries(releases).flatMap(([runtime, { default: release }]) => {
    const { advisories = [] } = releaseOf(catalogue, runtime as Runtime, release) ?? {};
    return advisories.map(
      ({ id, reason, link }) =>
        [`airlock:${runtime}:${id}`, `${runtime} ${release}: ${id}: ${reason} (${link})`] as const,
    );
  });
  return Object.fromEntries(warnings);
}
