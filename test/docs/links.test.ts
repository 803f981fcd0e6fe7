import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const exclude = ['**/node_modules/**', 'cdk.out/**', '.cache/**', 'coverage/**'];
const pages = globSync('**/*.md', { cwd: root, exclude }).toSorted();

/** A page's text without its code, whose brackets are not links. */
function proseOf(path: string): string {
  return readFileSync(path, 'utf8')
    .replaceAll(/^```.*?^```/gms, '')
    .replaceAll(/`[^`\n]*`/g, (code) => code.replaceAll(/[[\]()]/g, ''));
}

/** The anchors that GitHub gives a page's headings. */
function anchorsOf(path: string): string[] {
  return [...proseOf(path).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\- _]/gu, '')
      .replaceAll(' ', '-'),
  );
}

it('finds the pages', () => {
  expect(pages).toEqual(expect.arrayContaining(['README.md', 'CONTRIBUTING.md']));
  expect(anchorsOf(join(root, 'README.md'))).toContain('what-happened-to-my-node');
});

it.each(pages)('%s links to files and headings that exist', (page) => {
  const links = [...proseOf(join(root, page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  const broken = links.filter((link) => {
    if (/^(https?|mailto):/.test(link)) return false;
    const [file = '', anchor] = link.split('#');
    const target = file === '' ? join(root, page) : join(root, dirname(page), file);
    return (
      !existsSync(target) || (anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).includes(anchor))
    );
  });

  expect(broken).toEqual([]);
});
