import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { ConfigError } from './config-error.ts';
import { missingProfiles } from './profiles.ts';
import { strayRollouts } from './rollout-settings.ts';
import { type Config, ConfigSchema } from './schema.ts';
import { readYaml } from './yaml.ts';

/**
 * Reads `airlock.yaml`.
 *
 * @param path the file's path
 * @throws ConfigError with a line per error
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
 * @param name the file's name in messages
 * @throws ConfigError with a line per error
 */
export function parseConfig(text: string, name = 'airlock.yaml'): Config {
  const input = readYaml(text, name) ?? {};
  const parsed = v.safeParse(ConfigSchema, input);
  if (parsed.success) {
    const faults = [
      ...listsForBlocks(input, parsed.output),
      ...missingProfiles(parsed.output),
      ...strayRollouts(parsed.output),
    ];
    if (faults.length === 0) return parsed.output;
    throw new ConfigError(faults.map((one) => `${name}: ${one}`).join('\n'));
  }
  // A value can break several rules of one field that share a sentence.
  const sentences = new Set(parsed.issues.map(sentence));
  throw new ConfigError([...sentences].map((one) => `${name}: ${one}`).join('\n'));
}

function sentence(issue: v.BaseIssue<unknown>): string {
  const field = v.getDotPath(issue) ?? 'the file';
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    return `${field}: unknown field; accepted: ${issue.message}`;
  }
  if (issue.type === 'strict_object' && issue.input === undefined) {
    return `${field}: is missing and has no default; accepted: ${formOf(issue)}`;
  }
  const seen = seenIn(issue.input);
  return `${field}: is ${seen}; accepted: ${issue.message}`;
}

/** Lists for which a block was expected. Valibot takes an empty list for an object without a field. */
function listsForBlocks(input: unknown, output: unknown, path: readonly string[] = []): readonly string[] {
  if (Array.isArray(input) && !Array.isArray(output))
    return [`${path.join('.') || 'the file'}: is ${seenIn(input)}; accepted: ${formAt(path)}`];
  if (typeof input !== 'object' || input === null) return [];
  return Object.entries(input).flatMap(([key, value]) =>
    listsForBlocks(value, (output as Readonly<Record<string, unknown>>)[key], [...path, key]),
  );
}

/** The part of a schema that leads to one of its fields. */
interface Step {
  readonly message?: string;
  readonly wrapped?: Step;
  readonly value?: Step;
  readonly item?: Step;
  readonly entries?: Readonly<Record<string, Step>>;
}

/**
 * The form that a missing field accepts. Valibot's issue carries only the message of the object that lacks the field.
 */
function formOf({ path = [] as never }: v.BaseIssue<unknown>): string {
  return formAt(path.map(({ key }) => String(key)));
}

function formAt(path: readonly string[]): string {
  const unwrap = (step: Step | undefined): Step | undefined =>
    step?.wrapped === undefined ? step : unwrap(step.wrapped);
  let schema = unwrap(ConfigSchema as unknown as Step);
  for (const key of path) schema = unwrap(schema?.item ?? schema?.entries?.[key] ?? schema?.value);
  return schema?.message ?? 'a value';
}

function seenIn(input: unknown): string {
  if (input === undefined || input === null) return 'nothing';
  return short(typeof input === 'number' ? String(input) : JSON.stringify(input));
}

function short(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
