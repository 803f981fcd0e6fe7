import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runtimes } from '../../../domain/runtimes.ts';

const root = join(import.meta.dirname, '..', '..');
const read = (name: string, file: string) => readFileSync(join(root, name, file), 'utf8');

describe.each(['lab', 'local-aws', 'local-kubernetes'])('packages/%s', (name) => {
  const api = globSync('*.ts', { cwd: join(root, name) }).toSorted();

  it('exports the files at its top, and no other', () => {
    const { exports } = JSON.parse(read(name, 'package.json'));

    expect(exports).toEqual(Object.fromEntries(api.map((file) => [`./${file}`, `./${file}`])));
  });

  it('has a README that names each file of its API', () => {
    const named = [...read(name, 'README.md').matchAll(/^\| `([a-z0-9-]+\.ts)` \|/gm)].map(([, file]) => file);

    expect(named.toSorted()).toEqual(api);
  });
});

it('a package beside the lab does not name Airlock, so that it works for any app', () => {
  const words = new RegExp(['airlock', ...runtimes].join('|'), 'i');
  const files = [
    ...globSync('local-aws/**/*.*', { cwd: root }),
    ...globSync('local-kubernetes/**/*.ts', { cwd: root, exclude: ['local-kubernetes/test/**'] }),
  ].filter((file) => !file.endsWith('package.json') && !file.endsWith('README.md'));

  expect(files.length).toBeGreaterThan(150);
  expect(files.filter((file) => words.test(readFileSync(join(root, file), 'utf8')))).toEqual([]);
});
