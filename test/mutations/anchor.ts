import { parseAst } from 'vitest/node';

/**
 * A change of one place in a source. The place is a node of its syntax tree, so neither layout nor the names of
 * variables matter.
 */
export interface Edit {
  /** The source, from the project's root. */
  readonly file: string;
  /** The top-level function, constant or class that the place is in, or `Class.method`. */
  readonly within: string;
  /**
   * The statement, expression or member of an object, as code. A name that begins with `$` matches any expression, type
   * of statement or name, and the same one wherever it occurs again. It has to match once.
   */
  readonly find: string;
  /** What takes its place; `$` names hold what they matched. An empty text deletes it. */
  readonly to: string;
}

interface Syntax {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

type Captured = Map<string, Syntax>;

/**
 * Applies an edit to the text of its file.
 *
 * @throws Error with the file and the name if the declaration is not there, or the pattern does not match once
 */
export function applyEdit(text: string, { file, within, find, to }: Edit): string {
  const scope = declarationOf(parse(text), within);
  if (scope === undefined) throw new Error(`${file} declares no ${within}`);
  const found = [...matchesIn(scope, patternOf(find), text)];
  const [only] = found;
  if (only === undefined || found.length > 1) throw new Error(`${within} in ${file} has ${found.length} times ${find}`);
  const { node, captured } = only;
  const filled = to.replaceAll(/\$\w+/g, (name) => {
    const part = captured.get(name);
    return part === undefined ? name : text.slice(part.start, part.end);
  });
  // A member or an element that is deleted takes its comma along.
  const rest = text.slice(node.end);
  return text.slice(0, node.start) + filled + (to === '' ? rest.replace(/^\s*,/, '') : rest);
}

function parse(code: string): Syntax {
  return parseAst(code, { lang: 'ts' }) as unknown as Syntax;
}

function isSyntax(value: unknown): value is Syntax {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

function nodesIn(value: unknown): Syntax[] {
  return (Array.isArray(value) ? value : [value]).filter(isSyntax);
}

function childrenOf(node: Syntax): Syntax[] {
  return Object.values(node).flatMap(nodesIn);
}

function nameOf(node: unknown): string | undefined {
  if (!isSyntax(node)) return undefined;
  const { name } = node;
  return typeof name === 'string' ? name : undefined;
}

/** A declaration at the top level of a file, or a method of a class there. */
function declarationOf(program: Syntax, name: string): Syntax | undefined {
  const [top, method] = name.split('.');
  const declared = nodesIn(program['body'])
    .map((statement) => (isSyntax(statement['declaration']) ? statement['declaration'] : statement))
    .flatMap((statement) =>
      statement.type === 'VariableDeclaration' ? nodesIn(statement['declarations']) : [statement],
    )
    .find((statement) => nameOf(statement['id']) === top);
  if (method === undefined || declared === undefined || !isSyntax(declared['body'])) return declared;
  return nodesIn(declared['body']['body']).find((member) => nameOf(member['key']) === method);
}

/** The node that a pattern is: an object's member if it is one, or else a statement, or the expression of one. */
function patternOf(find: string): Syntax {
  const isMember = /^(\w+|'[^']+'):/.test(find);
  const code = isMember ? `$ = { ${find} }` : find.startsWith('{') ? `$ = ${find}` : find;
  const statement = fieldOf(parse(`async function* f() {${code}}`), 'body', 'body', 'body');
  if (statement === undefined) throw new Error('a pattern is empty');
  const expression = statement.type === 'ExpressionStatement' ? fieldOf(statement, 'expression') : undefined;
  if (isMember) return fieldOf(expression, 'right', 'properties') ?? statement;
  if (find.startsWith('{')) return fieldOf(expression, 'right') ?? statement;
  return find.endsWith(';') ? statement : (expression ?? statement);
}

/** Follows fields from a node; of a list the first. */
function fieldOf(node: Syntax | undefined, ...names: readonly string[]): Syntax | undefined {
  return names.reduce<Syntax | undefined>((at, name) => nodesIn(at?.[name])[0], node);
}

function* matchesIn(node: Syntax, pattern: Syntax, text: string): Generator<{ node: Syntax; captured: Captured }> {
  const captured: Captured = new Map();
  if (fits(node, pattern, captured, text)) yield { node, captured };
  for (const child of childrenOf(node)) yield* matchesIn(child, pattern, text);
}

/** Fields that say where a node is, and not what it is. */
const positions = ['start', 'end', 'range', 'loc', 'raw', 'parent'];

function fits(seen: unknown, pattern: unknown, captured: Captured, text: string): boolean {
  if (Array.isArray(pattern)) {
    return (
      Array.isArray(seen) &&
      seen.length === pattern.length &&
      pattern.every((one, at) => fits(seen[at], one, captured, text))
    );
  }
  if (!isSyntax(pattern)) return same(seen, pattern);
  const hole = holeIn(pattern);
  if (hole !== undefined) return isSyntax(seen) && capture(hole, seen, captured, text);
  if (!isSyntax(seen) || seen.type !== pattern.type) return false;
  return Object.keys(pattern)
    .filter((field) => !positions.includes(field))
    .every((field) => fits(seen[field], pattern[field], captured, text));
}

function same(seen: unknown, wanted: unknown): boolean {
  return seen === wanted || JSON.stringify(seen) === JSON.stringify(wanted);
}

/** The name of a hole: `$X` as an expression or a name, or `$X;` as a statement. */
function holeIn(pattern: Syntax): string | undefined {
  const name = nameOf(pattern.type === 'ExpressionStatement' ? pattern['expression'] : pattern);
  return name?.startsWith('$') ? name : undefined;
}

function capture(name: string, seen: Syntax, captured: Captured, text: string): boolean {
  const before = captured.get(name);
  if (before === undefined) captured.set(name, seen);
  return before === undefined || text.slice(before.start, before.end) === text.slice(seen.start, seen.end);
}
