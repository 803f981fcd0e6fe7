import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { outcomeCodes } from '../../domain/outcomes.ts';
import { runtimes, runtimeTraits } from '../../domain/runtimes.ts';
import { shipped } from '../ssm-documents/node.ts';

const docs = join(import.meta.dirname, '..', '..', 'docs');
const page = readFileSync(join(docs, 'use', 'runtimes.md'), 'utf8');

/** The part of the page under a heading. */
function under(heading: string): string {
  const [, part = ''] = page.split(`\n## ${heading}\n`);
  return part.split('\n## ')[0] ?? '';
}

describe('the page about runtimes', () => {
  it('explains for every outcome how an operator recovers a node, and for nothing else', () => {
    const rows = readFileSync(join(docs, 'operate', 'recover-a-node.md'), 'utf8').matchAll(
      /^\| (`.*?`) \| (.+?) \| (.+?) \|$/gm,
    );
    const told = [...rows].flatMap(([, codes = '']) => [...codes.matchAll(/`([^`]+)`/g)].map(([, code]) => code));

    expect(told.toSorted()).toEqual([...outcomeCodes].sort());
  });

  it('names each handler and RuntimeClass', () => {
    const choice = under('Which one?');
    for (const runtime of runtimes) {
      expect(choice).toContain(runtimeTraits[runtime].runtimeClass);
      for (const handler of runtimeTraits[runtime].handlers) expect(choice).toContain(`\`${handler}\``);
    }
  });

  it('names the oldest kernel of each runtime as the catalogue does', () => {
    const hosts = under('Hosts');
    for (const runtime of runtimes) {
      const kernels = (shipped.runtimes[runtime]?.rules ?? []).flatMap(({ verdict, host }) =>
        verdict === 'refused' && host.kernel?.before !== undefined ? [host.kernel.before] : [],
      );
      expect(kernels.length).toBeGreaterThan(0);
      for (const kernel of kernels) expect(hosts).toContain(kernel);
    }
  });
});
