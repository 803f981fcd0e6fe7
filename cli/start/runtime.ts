import { type Releases, requestOf } from '../../domain/tags.ts';
import { OptionsRefused } from './machines.ts';

/**
 * Refuses a runtime or release that nodes could not get, before anything is synthesized.
 *
 * @param runtime the option `--runtime`, `<runtime>` or `<runtime>@<release>`
 * @throws OptionsRefused
 */
export function requireRuntime(runtime: string, releases: Releases): void {
  if (!('outcome' in requestOf(runtime, releases))) return;
  const all = Object.entries(releases).flatMap(([name, one]) => one.all.map((release) => `${name}@${release}`));
  throw new OptionsRefused(
    `option '--runtime' is given with '${runtime}'; accepted: ${Object.keys(releases).join(', ')}, ${all.join(', ')}`,
  );
}
