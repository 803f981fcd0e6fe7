import type { Runtime } from '../../domain/runtimes.ts';
import type { DocumentOptions } from '../../ssm-documents/assemble.ts';
import type { Config } from './schema.ts';

/** What the documents of a runtime depend on besides the catalogue: their text, their length and so their name. */
export function documentOptions(
  { artifacts, runtimes, unknownHosts }: Pick<Config, 'artifacts' | 'runtimes' | 'unknownHosts'>,
  runtime: Runtime,
): DocumentOptions {
  return { unknownHosts, annotations: runtimes[runtime]?.annotations ?? [], isMirrored: artifacts === 'mirror' };
}
