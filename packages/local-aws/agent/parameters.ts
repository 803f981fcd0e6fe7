import { RE2JS } from 're2js';
import { type Document, DocumentError } from './document.ts';

/** A parameter's value: lists stay lists. */
type Value = unknown;

/** The parameters of one run, as the agent resolves them. */
export interface Resolved {
  /** Values that are inserted into the document's text. */
  readonly textual: ReadonlyMap<string, Value>;
  /** Values that are passed only in the script's environment, as `SSM_<name>`. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The first agent that honours `interpolationType: ENV_VAR`; older ones insert such a parameter into the text. */
export const firstAgentWithEnvironment = '3.3.2746.0';

/**
 * Resolves a document's parameters: defaults, values from Parameter Store, patterns.
 *
 * @param given the values in SendCommand, each a list
 * @param parameterStore returns the value of `{{ssm:name}}`
 * @throws DocumentError if a value does not match the declared pattern: the agent then runs no step
 */
export function resolveParameters(
  document: Document,
  given: Readonly<Record<string, readonly string[]>>,
  agentVersion: string,
  parameterStore: (name: string) => string,
): Resolved {
  const textual = new Map<string, Value>();
  const environment: Record<string, string> = {};
  const honoursEnvironment = document.schemaVersion === '2.2' && !olderAgent(agentVersion, firstAgentWithEnvironment);
  for (const [name, definition] of Object.entries(document.parameters)) {
    // The agent drops a value whose name has other characters, and inserts the default.
    const sent = /^[a-zA-Z0-9]+$/.test(name) ? given[name] : undefined;
    const listed = definition.type === 'StringList' ? [...(sent ?? [])] : sent?.[0];
    const raw = sent === undefined ? (definition.default ?? null) : listed;
    const value = mapStrings(raw, (text) => resolveStore(text, parameterStore));
    checkPattern(name, value, definition.allowedPattern);
    if (definition.interpolationType === 'ENV_VAR' && honoursEnvironment) environment[`SSM_${name}`] = asText(value);
    else textual.set(name, value);
  }
  return { textual, environment };
}

/** Compares versions such as 3.3.2746.0 numerically. */
export function olderAgent(version: string, than: string): boolean {
  const one = version.split('.').map(Number);
  const other = than.split('.').map(Number);
  for (let i = 0; i < Math.max(one.length, other.length); i++) {
    const difference = (one[i] ?? 0) - (other[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/**
 * Replaces `{{ Name }}` in one pass, as text, without any quoting for a shell. A value that fills a whole string keeps
 * its type; an unknown name stays as it is.
 */
export function interpolate(input: unknown, values: ReadonlyMap<string, Value>): unknown {
  if (typeof input === 'string') {
    const whole = /^\{\{[\t\n\f\r ]*([a-zA-Z0-9]+)[\t\n\f\r ]*\}\}$/.exec(input)?.[1];
    if (whole !== undefined && values.has(whole)) return values.get(whole);
    return input.replaceAll(/\{\{[\t\n\f\r ]*([^{}\s]+)[\t\n\f\r ]*\}\}/g, (found, name: string) =>
      // The agent's own replacement reads $$ as an escaped $.
      values.has(name) ? asText(values.get(name)).replaceAll('$$', () => '$') : found,
    );
  }
  if (Array.isArray(input)) {
    return input.map((entry) => interpolate(entry, values));
  }
  if (typeof input === 'object' && input !== null) {
    return Object.fromEntries(Object.entries(input).map(([key, value]) => [key, interpolate(value, values)]));
  }
  return input;
}

/** A value as it is inserted into a text. Go escapes what HTML could read. */
export function asText(value: Value): string {
  if (typeof value === 'string') return value;
  return JSON.stringify(value).replaceAll(
    /[<>&\u2028\u2029]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function mapStrings(value: Value, change: (text: string) => string): Value {
  if (typeof value === 'string') return change(value);
  return Array.isArray(value) ? value.map((entry) => mapStrings(entry, change)) : value;
}

function resolveStore(text: string, parameterStore: (name: string) => string): string {
  return text.replaceAll(/\{\{ *ssm:([/\w.:-]+) *\}\}/g, (_, name: string) => parameterStore(name));
}

/**
 * The agent searches the pattern anywhere in the value; only `^` and `$` in the pattern itself anchor it. It is written
 * in Go, whose patterns repeat at most 1,000 times and neither look around nor refer back:
 * https://github.com/google/re2/wiki/Syntax
 */
function checkPattern(name: string, value: Value, pattern: string | undefined): void {
  if (pattern === undefined || pattern === '') return;
  const expression = compile(name, pattern);
  if (typeof value !== 'string' && (typeof value !== 'object' || value === null)) {
    throw new DocumentError(`parameter ${name}: invalid parameter type with parameter value ${value}`);
  }
  for (const text of Array.isArray(value) ? value : [value]) {
    if (expression.matcher(asText(text)).find()) continue;
    throw new DocumentError(`parameter ${name}: ${JSON.stringify(text)} does not match allowedPattern ${pattern}`);
  }
}

function compile(name: string, pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    throw new DocumentError(`parameter ${name}: allowedPattern ${pattern}: ${(error as Error).message}`);
  }
}
