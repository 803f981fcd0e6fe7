import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..', '..');
const local = join(root, 'packages', 'local-aws');
const page = readFileSync(join(root, 'docs', 'contribute', 'local-cloud.md'), 'utf8');

/** What services share, and stand-ins for an engine: no page of AWS describes it. */
const shared = ['properties.ts', 'service-event.ts', 'throttle.ts', 'dynamodb/engine.ts'];

describe('docs/contribute/local-cloud.md', () => {
  const named = [...page.matchAll(/`(services\/[^`]+)`/g)].map(([, glob = '']) => glob.replace(/\/$/, '/*.ts'));
  const files = globSync('services/**/*.ts', { cwd: local }).toSorted();

  it('has a row for every file of a service, and no other row', () => {
    const covered = new Set(named.flatMap((glob) => globSync(glob, { cwd: local })));
    expect(files.filter((file) => !covered.has(file))).toEqual([]);
    for (const glob of named.filter((one) => !one.includes('<'))) {
      expect(globSync(glob, { cwd: local }).length > 0, glob).toBe(true);
    }
  });

  it.each(files.filter((file) => !file.includes('/states/') && !shared.some((name) => file.endsWith(name))))(
    '%s states at its top which page of AWS it follows',
    (file) => {
      const top = readFileSync(join(local, file), 'utf8').split('\n').slice(0, 12).join('\n');
      expect(top).toMatch(/https:\/\/docs\.aws\.amazon\.com|Source: |API Reference/);
    },
  );
});
