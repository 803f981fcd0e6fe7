import { requestOf, type Versions } from '../../domain/tags.ts';
import { OptionsRefused } from './machines.ts';

/**
 * Rejects a runtime or version that nodes cannot get, before synthesis.
 *
 * @param runtime the option `--runtime`, `<runtime>` or `<runtime>@<version>`
 * @throws OptionsRefused
 */
export function requireRuntime(runtime: string, versions: Versions): void {
  if (!('outcome' in requestOf(runtime, versions))) return;
  const all = Object.entries(versions).flatMap(([name, one]) => one.all.map((version) => `${name}@${version}`));
  throw new OptionsRefused(
    `option '--runtime' is given with '${runtime}'; accepted: ${Object.keys(versions).join(', ')}, ${all.join(', ')}`,
  );
}
