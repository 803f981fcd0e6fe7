/** A block of Terraform's language: its attributes, and its blocks by type. */
export interface Block {
  readonly labels: readonly string[];
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly blocks: readonly (Block & { readonly type: string })[];
}

const token = /\s+|#[^\n]*|<<-(\w+)\n([\s\S]*?)\n\s*\1\b|"((?:[^"\\]|\\.)*)"|[\w.[\]-]*\w[\w.[\]-]*|[{}()=,[\]]/gy;

/**
 * Reads the part of Terraform's language that an example uses: blocks, attributes, objects, text, numbers, heredocs and
 * calls. An expression that Terraform evaluates later is `{ expression }`, as it is written.
 *
 * @throws Error at anything else
 */
export function readTerraform(text: string): Block {
  const tokens: { readonly text: string; readonly value?: string | undefined }[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < text.length) {
    const at = token.lastIndex;
    const found = token.exec(text);
    if (found === null) throw new Error(`cannot read ${JSON.stringify(text.slice(at, at + 40))}`);
    const [whole, , heredoc, quoted] = found;
    if (/^(\s|#)/.test(whole)) continue;
    tokens.push({ text: whole, value: heredoc ?? quoted });
  }
  let next = 0;
  const take = (wanted?: string) => {
    const taken = tokens[next++];
    if (taken === undefined || (wanted !== undefined && taken.text !== wanted)) {
      throw new Error(`expected ${wanted ?? 'more'}, and found ${taken?.text ?? 'the end'}`);
    }
    return taken;
  };
  const expression = (): unknown => {
    const { text: word, value } = take();
    if (value !== undefined) return value;
    if (word === '{') {
      const entries: [string, unknown][] = [];
      while (tokens[next]?.text !== '}') {
        const key = take();
        take('=');
        entries.push([key.value ?? key.text, expression()]);
      }
      take('}');
      return Object.fromEntries(entries);
    }
    if (tokens[next]?.text === '(') {
      take('(');
      const inner = expression();
      take(')');
      return word === 'base64encode' ? inner : { expression: word };
    }
    if (/^\d+$/.test(word)) return Number(word);
    return word === 'true' || word === 'false' ? word === 'true' : { expression: word };
  };
  const body = (labels: readonly string[], isWhole: boolean): Block => {
    const attributes: Record<string, unknown> = {};
    const blocks: (Block & { type: string })[] = [];
    while (tokens[next] !== undefined && tokens[next]?.text !== '}') {
      const { text: name } = take();
      if (tokens[next]?.text === '=') {
        take('=');
        attributes[name] = expression();
        continue;
      }
      const own: string[] = [];
      while (tokens[next]?.value !== undefined) own.push(take().value ?? '');
      take('{');
      blocks.push({ type: name, ...body(own, false) });
      take('}');
    }
    if (isWhole && tokens[next] !== undefined) throw new Error('a } closes nothing');
    return { labels, attributes, blocks };
  };
  return body([], true);
}
