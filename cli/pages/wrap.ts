/** The longest line of a page's prose, in characters. */
export const longestLine = 100;

/** Lines that Markdown reads one by one: tables, headings, HTML, quotes. */
const alone = /^\s*(?:[|#<>]|$)/;
const fence = /^\s*```/;
const item = /^(\s*(?:[-*]|\d+\.) )/;
/** What no line break divides. */
const whole = /`[^`]+`|\[[^\][]*\]\([^)]*\)/g;
const tied = '\u2002';

/**
 * Wraps a page's paragraphs and list items at {@link longestLine}. Tables, headings and code stay as they are.
 *
 * @param page Markdown
 */
export function wrapProse(page: string): string {
  const lines: string[] = [];
  let block: string[] = [];
  let inCode = false;
  const flush = () => {
    lines.push(...wrapBlock(block));
    block = [];
  };
  for (const line of page.split('\n')) {
    const isFence = fence.test(line);
    if (isFence || inCode || alone.test(line)) {
      flush();
      lines.push(line);
      if (isFence) inCode = !inCode;
      continue;
    }
    if (item.test(line)) flush();
    block.push(line);
  }
  flush();
  return lines.join('\n');
}

function wrapBlock([first, ...rest]: readonly string[]): readonly string[] {
  if (first === undefined) return [];
  const [bullet = ''] = item.exec(first) ?? /^\s*/.exec(first) ?? [];
  const text = [first.slice(bullet.length), ...rest].map((line) => line.trim()).join(' ');
  const lines = [bullet];
  for (const word of text.replaceAll(whole, (one) => one.replaceAll(' ', tied)).split(' ')) {
    const line = lines.at(-1) ?? '';
    const isBegun = line.trimEnd() !== bullet.trimEnd() && line.trim() !== '';
    if (isBegun && line.length + 1 + word.length > longestLine) lines.push(' '.repeat(bullet.length) + word);
    else lines[lines.length - 1] = isBegun ? `${line} ${word}` : `${line}${word}`;
  }
  return lines.map((line) => line.replaceAll(tied, ' '));
}
