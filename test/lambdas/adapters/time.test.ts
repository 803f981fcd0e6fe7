import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..', '..');

it('functions pause and draw random numbers only with the clock they are given, or with adapters/time.ts', () => {
  const others = globSync('lambdas/**/*.ts', { cwd: root }).filter(
    (path) => path !== join('lambdas', 'adapters', 'time.ts'),
  );

  expect(others.filter((path) => /\bsetTimeout\b|Math\.random/.test(readFileSync(join(root, path), 'utf8')))).toEqual(
    [],
  );
});
