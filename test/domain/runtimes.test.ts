import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCatalogue } from '../../domain/catalogue.ts';
import { verbs } from '../../domain/parameters.ts';
import { runtimes, runtimeTraits } from '../../domain/runtimes.ts';
import { partsOf } from '../../ssm-documents/parts.ts';

const root = join(import.meta.dirname, '..', '..');
const catalogue = parseCatalogue(readFileSync(join(root, 'ssm-documents', 'catalogue.yaml'), 'utf8'));

/** The code that ships, and the local cloud without its machines, which imitate each runtime's programs. */
const code = globSync('{bin,cli,domain,kubernetes,lambdas,lib,ssm-documents,packages}/**/*.ts', { cwd: root }).filter(
  (path) => path !== join('domain', 'runtimes.ts') && !/\/(machine|test)\//.test(path),
);

describe('the registry of runtimes', () => {
  const names = runtimes.flatMap((runtime) => {
    const { title, handlers, runtimeClass, nodeLabels = {}, otherInstaller = [] } = runtimeTraits[runtime];
    return [runtime, title, ...handlers, runtimeClass, ...Object.keys(nodeLabels), otherInstaller].flat();
  });
  const named = new RegExp(`(?<![a-z])(${[...new Set(names)].join('|')})(?![a-z])`, 'i');

  it('is the only code that names a runtime', () => {
    expect(code.length).toBeGreaterThan(150);
    expect(code.filter((path) => named.test(readFileSync(join(root, path), 'utf8')))).toEqual([]);
  });

  it('gives no two runtimes the same handler or RuntimeClass', () => {
    const handlers = runtimes.flatMap((runtime) => runtimeTraits[runtime].handlers);
    const classes = runtimes.map((runtime) => runtimeTraits[runtime].runtimeClass);

    expect([...new Set(handlers)]).toEqual(handlers);
    expect([...new Set(classes)]).toEqual(classes);
  });

  it.each(runtimes)('has an entry for %s with a catalogue entry and every part of shell', (runtime) => {
    const parts = verbs.flatMap((verb) => partsOf(runtime, verb));

    expect(catalogue.runtimes).toHaveProperty(runtime);
    expect(parts.filter((part) => !existsSync(join(root, 'ssm-documents', 'node', `${part}.sh`)))).toEqual([]);
    expect(parts).toEqual(
      expect.arrayContaining([runtime, `${runtime}-proof`, `${runtime}-files`, `${runtime}-install`]),
    );
  });
});
