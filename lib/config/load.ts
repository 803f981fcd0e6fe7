import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { LineCounter, parseDocument } from 'yaml';
import { type Config, ConfigSchema } from './schema.ts';

/** A configuration that cannot be used. Its message names each field, the value seen and the accepted form. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads `airlock.yaml`.
 *
 * @param path where the file is
 * @throws ConfigError with a line for each fault
 */
export function loadConfig(path: string): Config {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ConfigError(`${path}: cannot be read: ${(cause as Error).message}`, { cause });
  }
  return parseConfig(text, path);
}

/**
 * Reads the text of an `airlock.yaml`.
 *
 * @param name how messages call the file
 * @throws ConfigError with a line for each fault
 */
export function parseConfig(text: string, name = 'airlock.yaml'): Config {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [fault] = document.errors;
  if (fault) {
    const { line, col } = lines.linePos(fault.pos[0]);
    throw new ConfigError(`${name}: line ${line}, column ${col}: ${fault.message}; accepted is YAML`);
  }
  const parsed = v.safeParse(ConfigSchema, document.toJS() ?? {});
  if (parsed.success) return parsed.output;
  throw new ConfigError(parsed.issues.map((issue) => `${name}: ${sentence(issue)}`).join('\n'));
}

function sentence(issue: v.BaseIssue<unknown>): string {
  const field = v.getDotPath(issue) ?? 'the file';
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    return `${field}: unknown field; accepted: ${issue.message}`;
  }
  if (issue.type === 'strict_object' && issue.input === undefined) {
    return `${field}: is missing and has no default; accepted: ${formOf(issue)}`;
  }
  const seen = issue.input === undefined ? 'nothing' : short(JSON.stringify(issue.input));
  return `${field}: is ${seen}; accepted: ${issue.message}`;
}

/** A schema as far as the way to one of its fields needs it. */
interface Step {
  readonly message?: string;
  readonly item?: Step;
  readonly entries?: Readonly<Record<string, Step>>;
}

/** The form that a missing field accepts: valibot's issue has but the message of the object that misses it. */
function formOf({ path = [] as never }: v.BaseIssue<unknown>): string {
  let schema: Step | undefined = ConfigSchema as unknown as Step;
  for (const { key } of path) schema = schema?.item ?? schema?.entries?.[String(key)];
  return schema?.message ?? 'a value';
}

function short(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
