import { globSync, readFileSync } from 'node:fs';
import { join, matchesGlob } from 'node:path';
import { expect, it } from 'vitest';
import config from '../../vitest.config.ts';

const root = join(import.meta.dirname, '..', '..');

it('a file that replaces modules shares none with other files', () => {
  const projects = config.test?.projects ?? [];
  const isolated = projects.flatMap((project) =>
    typeof project === 'object' && 'test' in project && project.test?.isolate === true ? project.test.include : [],
  );
  const replacing = globSync('{test,packages}/**/*.test.ts', { cwd: root, exclude: ['**/node_modules'] }).filter(
    (file) => readFileSync(join(root, file), 'utf8').includes(`vi.${'mock'}(`),
  );
  expect(replacing).not.toEqual([]);
  expect(replacing.filter((file) => !isolated.some((pattern) => matchesGlob(file, pattern ?? '')))).toEqual([]);
});
