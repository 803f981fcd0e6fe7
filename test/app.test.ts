import { execFileSync } from 'node:child_process';
import { cpSync, globSync, mkdtempSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, inject, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const product = ['bin', 'lib', 'domain', 'lambdas', 'ssm-documents', 'kubernetes'];

describe('the domain', () => {
  it('reads no clock and no environment', () => {
    const foreign = /process\.|Date\.now|new Date\(\)/;
    for (const entry of globSync('**/*.ts', { cwd: join(root, 'domain') })) {
      const text = readFileSync(join(root, 'domain', entry), 'utf8');
      expect(foreign.exec(text)?.[0], entry).toBeUndefined();
    }
  });
});

describe('an app without the local cloud', () => {
  it('synthesizes to identical bytes in a different folder', () => {
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
      expect(readFileSync(join(one, file)).equals(readFileSync(join(other, file))), file).toBe(true);
    }
  });
});

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)))
    .toSorted();
}
