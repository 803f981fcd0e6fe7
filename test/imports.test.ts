import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, inject, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const product = ['bin', 'lib', 'domain', 'lambdas', 'ssm-documents', 'kubernetes'];

/** Which folders of the project each folder imports from. */
function imports(folder: string): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.ts')) continue;
    const path = join(entry.parentPath, entry.name);
    const targets = [...readFileSync(path, 'utf8').matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map(
      (match) => relative(root, normalize(join(dirname(path), match[1] ?? ''))).split('/')[0] ?? '',
    );
    found.set(relative(root, path), new Set(targets.filter((target) => target !== folder)));
  }
  return found;
}

describe('arrows between folders run one way', () => {
  it.each([
    ['domain', []],
    ['ssm-documents', ['domain']],
    ['kubernetes', ['domain']],
    ['lambdas', ['domain', 'kubernetes']],
    ['lib', ['domain', 'kubernetes', 'ssm-documents']],
    ['local', ['domain']],
  ])('%s imports from nothing but %j', (folder, allowed) => {
    for (const [file, targets] of imports(folder)) {
      expect([file, [...targets].filter((target) => !allowed.includes(target))]).toEqual([file, []]);
    }
  });

  it('nothing of the product imports from the local cloud, but for the command line', () => {
    for (const folder of product.filter((one) => one !== 'bin')) {
      for (const [file, targets] of imports(folder)) expect([file, targets.has('local')]).toEqual([file, false]);
    }
    expect([...(imports('bin').get('bin/app.ts') ?? [])]).not.toContain('cli');
  });

  it('the domain knows no SDK, no clock and no environment', () => {
    const foreign = /@aws-sdk|from 'node:(?!zlib')|process\.|Date\.now|new Date\(\)/;
    for (const entry of readdirSync(join(root, 'domain'))) {
      const text = readFileSync(join(root, 'domain', entry), 'utf8');
      expect([entry, foreign.exec(text)?.[0]]).toEqual([entry, undefined]);
    }
  });
});

describe('an app without the local cloud', () => {
  it('synthesizes, in another folder, to the very same bytes', () => {
    const folder = mkdtempSync(join(inject('scratch'), 'bare-'));
    for (const name of [...product, 'package.json', 'package-lock.json', 'tsconfig.json', 'airlock.yaml', 'cdk.json']) {
      cpSync(join(root, name), join(folder, name), { recursive: true });
    }
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    const [one, other] = [join(folder, 'cdk.out'), inject('assembly')];
    execFileSync(process.execPath, [join(folder, 'bin', 'app.ts')], {
      cwd: folder,
      env: { ...process.env, CDK_OUTDIR: one, AIRLOCK_CATALOGUE: inject('catalogue') },
      stdio: 'ignore',
    });

    const files = filesIn(one);
    expect(files).toEqual(filesIn(other));
    expect(files.length).toBeGreaterThan(8);
    for (const file of files) {
      expect([file, readFileSync(join(one, file)).equals(readFileSync(join(other, file)))]).toEqual([file, true]);
    }
  });
});

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)))
    .toSorted();
}
