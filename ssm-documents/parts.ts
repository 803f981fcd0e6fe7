import { readFileSync } from 'node:fs';
import type { Verb } from '../domain/parameters.ts';
import { type Runtime, runtimeTraits } from '../domain/runtimes.ts';

/** The parts of each verb's script, in their order; `runtime` is replaced by the runtime's name. */
const parts: Record<Verb, string> = {
  install:
    'result time log lock versions host bootstrap catalogue containerd kubelet restart dump edit rehearse block ' +
    'journal undo packages fetch archive sandbox runtime runtime-proof runtime-files runtime-install',
  prove: 'result time log lock versions host catalogue containerd kubelet dump sandbox runtime runtime-proof',
  uninstall:
    'result time log lock host containerd kubelet restart dump edit rehearse unblock journal undo runtime runtime-files',
};

/** The files of `node/` that make up the script of a runtime's verb, in their order and without `.sh`. */
export function partsOf(runtime: Runtime, verb: Verb): readonly string[] {
  const shared = runtimeTraits[runtime].shellParts?.[verb] ?? [];
  return parts[verb].split(' ').flatMap((name) => {
    const part = name.replace('runtime', runtime);
    return name === 'runtime' ? [...shared, part] : [part];
  });
}

/**
 * One file of shell without its comments, indentation and empty lines, which would cost a fourth of what SSM takes; headings and orders to shellcheck
 * stay. No text in quotes goes over the end of a line and begins the next one with a space.
 */
export function shell(path: string): string {
  const text = readFileSync(new URL(path, import.meta.url), 'utf8');
  return text
    .replaceAll(/^[ \t]*# (?!---|shellcheck ).*\n/gm, '')
    .replaceAll(/^\s+/gm, '')
    .trimEnd();
}
