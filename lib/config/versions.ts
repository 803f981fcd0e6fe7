import { decideExposure, describeAdvisory, listWithdrawals } from '../../domain/advisories.ts';
import { type Catalogue, defaultVersion, runtimeOf } from '../../domain/catalogue.ts';
import { type Runtime, runtimes, runtimeTraits } from '../../domain/runtimes.ts';
import type { Versions } from '../../domain/tags.ts';
import { isOlder } from '../../domain/versions.ts';
import { ConfigError } from './config-error.ts';
import type { Config } from './schema.ts';

/**
 * The versions that nodes may request: all versions in the catalogue for each configured runtime, each runtime's
 * default, its floor, and what is withdrawn.
 *
 * @param name the file's name in messages
 * @throws ConfigError if the configuration names a version that is not in the catalogue, or that is below the floor
 */
export function versionsOf(
  { runtimes: wanted, proof, withdrawAt }: Pick<Config, 'runtimes' | 'proof' | 'withdrawAt'>,
  catalogue: Catalogue,
  name = 'airlock.yaml',
): Versions {
  const entries = Object.entries(wanted).map(([key, { version, minimumVersion, annotations = [] }]) => {
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
    const floor = minimumVersion && { version: minimumVersion, because: 'minimumVersion in airlock.yaml' };
    const chosen = version ?? defaultVersion(catalogue, runtime);
    const accepted = all.filter((one) => !floor || !isOlder(one, floor.version));
    if (!accepted.includes(chosen)) {
      if (version === undefined)
        throw field('minimumVersion', minimumVersion ?? '', `${chosen}, the default, or an older one`);
      throw field('version', chosen, accepted.join(', '));
    }
    const configuration = { handler: runtimeTraits[runtime].handlers[0], annotations };
    const withdrawn = Object.fromEntries(
      all.flatMap((one) => {
        const because = listWithdrawals(entry.advisories, one, configuration, withdrawAt);
        return because.length === 0 ? [] : [[one, because.map(describeAdvisory).join('; ')]];
      }),
    );
    const isAny = Object.keys(withdrawn).length > 0;
    return [runtime, { default: chosen, all, ...(floor ? { floor } : {}), ...(isAny ? { withdrawn } : {}) }] as const;
  });
  return Object.fromEntries(entries);
}

/**
 * Warnings about default versions, by id: each advisory that affects one, and first those that withdraw it.
 *
 * @param name the file's name in messages
 */
export function advisoryWarnings(
  versions: Versions,
  { runtimes: wanted }: Pick<Config, 'runtimes'>,
  catalogue: Catalogue,
  name = 'airlock.yaml',
): Readonly<Record<string, string>> {
  const warnings = Object.entries(versions).flatMap(([key, { default: version, all, floor, withdrawn = {} }]) => {
    const runtime = key as Runtime;
    const annotations = wanted[runtime]?.annotations ?? [];
    const configuration = { handler: runtimeTraits[runtime].handlers[0], annotations };
    const accepted = all.filter((one) => withdrawn[one] === undefined && (!floor || !isOlder(one, floor.version)));
    const field = `${name}: runtimes.${runtime}.version: is ${wanted[runtime]?.version ?? `${version} by default`}`;
    const fix = accepted.length > 0 ? `accepted: ${accepted.join(', ')}` : 'no accepted version is pinned';
    const refused = `${field}, which is withdrawn, so launches that get it are refused: ${withdrawn[version]}; ${fix}`;
    const affecting = runtimeOf(catalogue, runtime).advisories.filter(
      (advisory) => !['fixed', 'not-exposed'].includes(decideExposure(advisory, version, configuration)),
    );
    return [
      ...(withdrawn[version] === undefined ? [] : [[`airlock:${runtime}:withdrawn`, refused] as const]),
      ...affecting.map((advisory) => {
        const text = `${runtime} ${version}: ${describeAdvisory(advisory)}: ${advisory.summary} (${advisory.link})`;
        return [`airlock:${runtime}:${advisory.id}`, text] as const;
      }),
    ];
  });
  return Object.fromEntries(warnings);
}
