import { type Document, isAlias, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import { ConfigError } from './config-error.ts';

/**
 * Reads one YAML document.
 *
 * @param name the file's name in messages
 * @throws ConfigError with the position, the text seen and the accepted form
 */
export function readYaml(text: string, name: string): unknown {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const refuse = (offset: number, message: string): never => {
    const { line, col } = lines.linePos(offset);
    throw new ConfigError(`${name}: line ${line}, column ${col}: ${message}`);
  };
  const [fault] = [...document.errors, ...document.warnings];
  if (fault) {
    const [from] = fault.pos;
    refuse(from, messageOf(fault.code, text.slice(from)) ?? `${fault.message}; accepted: YAML`);
  }
  const alias = brokenAlias(document);
  if (alias) refuse(alias.offset, alias.message);
  try {
    return document.toJS();
  } catch {
    throw new ConfigError(`${name}: its aliases expand to more than 100 copies; accepted: values without aliases`);
  }
}

/** Messages for common mistakes. The parser's own messages explain the others. */
function messageOf(code: string, seen: string): string | undefined {
  const key = /^[^\s:,]*/.exec(seen)?.[0] ?? '';
  const messages: Readonly<Record<string, string>> = {
    DUPLICATE_KEY: `${key}: appears twice; accepted: each field once`,
    MULTIPLE_DOCS: 'a second document begins here; accepted: one document',
    TAB_AS_INDENT: 'is indented with a tab; accepted: spaces',
    TAG_RESOLVE_FAILED: `${key} is a tag; accepted: values without tags`,
  };
  return messages[code];
}

/** The first alias that refers to no anchor, or to a value that contains the alias. */
function brokenAlias(document: Document.Parsed): { readonly offset: number; readonly message: string } | undefined {
  let found: { offset: number; message: string } | undefined;
  visit(document, {
    Alias(_, alias, path) {
      const offset = alias.range?.[0] ?? 0;
      const target = alias.resolve(document);
      const accepted = `accepted: an alias of an anchor &${alias.source} above it, or the value itself`;
      if (target === undefined) {
        found = { offset, message: `*${alias.source} is an alias, and nothing above it has that anchor; ${accepted}` };
      } else if (path.some((node) => node === target) && !isScalar(target) && !isAlias(target)) {
        found = { offset, message: `*${alias.source} is an alias of what it stands in; ${accepted}` };
      }
      return found ? visit.BREAK : undefined;
    },
  });
  return found;
}
