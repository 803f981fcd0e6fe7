import { readFileSync } from 'node:fs';
import type { Verb } from '../domain/parameters.ts';
import { type Runtime, runtimeTraits } from '../domain/runtimes.ts';

/** The parts of each verb's script, in order; `runtime` is replaced by the runtime's name. */
const parts: Record<Verb, string> = {
  install:
    'result time log lock versions host bootstrap catalogue containerd kubelet restart dump edit rehearse block ' +
    'journal undo packages fetch archive sandbox runtime runtime-proof runtime-files runtime-install',
  prove: 'result time log lock versions host catalogue containerd kubelet dump sandbox runtime runtime-proof',
  inventory: 'result time log lock host runtime',
  uninstall:
    'result time log lock host containerd kubelet restart dump edit rehearse unblock journal undo runtime runtime-files',
};

/** Lists the files in `node/` for the script of a runtime's verb, in order and without `.sh`. */
export function partsOf(runtime: Runtime, verb: Verb): readonly string[] {
  const shared = runtimeTraits[runtime].shellParts?.[verb] ?? [];
  return parts[verb].split(' ').flatMap((name) => {
    const part = name.replace('runtime', runtime);
    return name === 'runtime' ? [...shared, part] : [part];
  });
}

/**
 * Reads a shell file without comments, indentation and empty lines, which would use a quarter of SSM's limit. Headings
 * and shellcheck directives stay. No quoted text in these files continues on a line that begins with a space.
 */
export function shell(path: string): string {
  const text = readFileSync(new URL(path, import.meta.url), 'utf8');
  return text
    .replaceAll(/^[ \t]*# (?!---|shellcheck ).*\n/gm, '')
    .replaceAll(/^\s+/gm, '')
    .trimEnd();
}
