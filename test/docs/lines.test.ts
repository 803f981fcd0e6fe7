import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { longestLine, wrapProse } from '../../cli/pages/wrap.ts';

const root = join(import.meta.dirname, '..', '..');
const exclude = ['**/node_modules/**', 'cdk.out/**', '.cache/**', 'coverage/**'];
const pages = globSync('**/*.md', { cwd: root, exclude }).toSorted();
const words = (count: number) => Array.from({ length: count }, () => 'word').join(' ');

describe('prose', () => {
  it('is wrapped by paragraph and by list item, which keeps its indent', () => {
    const wrapped = wrapProse(`${words(25)}\n\n- ${words(25)}\n  ${words(3)}\n- one\n`);
    expect(wrapped).toBe(`${words(20)}\n${words(5)}\n\n- ${words(19)}\n  ${words(9)}\n- one\n`);
  });

  it('keeps tables, headings, code blocks, code spans and links whole', () => {
    const kept = `# ${words(30)}\n\n| ${words(30)} |\n\n\`\`\`\n${words(30)}\n\`\`\`\n`;
    expect(wrapProse(kept)).toBe(kept);
    expect(wrapProse(`${words(19)} \`npx airlock doctor\``)).toBe(`${words(19)}\n\`npx airlock doctor\``);
    expect(wrapProse(`${words(19)} [how to run it](commands.md)`)).toBe(`${words(19)}\n[how to run it](commands.md)`);
  });

  it.each(pages)(`wraps at ${longestLine} columns in %s`, (page) => {
    const text = readFileSync(join(root, page), 'utf8');
    const wanted = wrapProse(text).split('\n');
    const tooLong = text.split('\n').filter((line) => line.length > longestLine && !wanted.includes(line));
    expect(tooLong).toEqual([]);
  });
});
