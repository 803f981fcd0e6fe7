import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { knownDefects } from '../faults/known-defects.ts';
import { applyEdit, type Edit } from './anchor.ts';
import { Copy } from './assembly.ts';
import { grantMutations } from './grants.ts';
import { guardMutations } from './guard-mutations.ts';
import { mutations } from './mutations.ts';

const root = join(import.meta.dirname, '..', '..');

/** A copy that finds the place at which a source is changed, and bundles nothing. */
class Unbundled extends Copy {
  override async rebundle(_name: string, edit: Edit): Promise<void> {
    applyEdit(readFileSync(join(root, edit.file), 'utf8'), edit);
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

  for (const { name, edit } of guardMutations) {
    try {
      applyEdit(readFileSync(join(root, edit.file), 'utf8'), edit);
    } catch (error) {
      lost.push(`${name}: ${String(error)}`);
    }
  }

  expect(lost).toEqual([]);
  expect(all.length).toBeGreaterThan(100);
});
