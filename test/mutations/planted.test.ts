import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { knownDefects } from '../faults/known-defects.ts';
import { Copy } from './assembly.ts';
import { grantMutations } from './grants.ts';
import { guardMutations } from './guard-mutations.ts';
import { mutations } from './mutations.ts';

const root = join(import.meta.dirname, '..', '..');

/** A copy that looks for the text that a source is changed at, and bundles nothing. */
class Unbundled extends Copy {
  override async rebundle(_name: string, source: string, from: string | RegExp): Promise<void> {
    const text = readFileSync(join(root, source), 'utf8');
    if (typeof from === 'string' ? !text.includes(from) : !from.test(text)) {
      throw new Error(`${source} does not hold ${from}`);
    }
  }
}

it('every mistake of test:mutations, and of test:faults with --known-defects, still has the place where it is planted', async () => {
  const original = new Unbundled(inject('assembly'));
  const all = [...mutations, ...grantMutations(original), ...knownDefects];
  original.remove();
  const lost: string[] = [];
  for (const { name, apply } of all) {
    const copy = new Unbundled(inject('assembly'));
    try {
      await apply(copy);
    } catch (error) {
      lost.push(`${name}: ${String(error)}`);
    } finally {
      copy.remove();
    }
  }

  for (const { name, file, from } of guardMutations)
    if (!readFileSync(join(root, file), 'utf8').includes(from)) lost.push(`${name}: ${file} does not hold ${from}`);

  expect(lost).toEqual([]);
  expect(all.length).toBeGreaterThan(100);
});
