import { stringify } from 'yaml';
import { type Runtime, runtimes } from '../../domain/runtimes.ts';
import { type Description, descriptions } from './descriptions.ts';
import { parseConfig } from './load.ts';
import type { Config } from './schema.ts';

/** The fields of `airlock.yaml` that depend on your account. */
export interface OwnSettings {
  readonly clusters: readonly OwnCluster[];
  readonly runtimes: readonly Runtime[];
  readonly gate: string;
}

/** A cluster in EKS. */
export interface OwnCluster {
  readonly name: string;
  readonly instanceProfiles: readonly string[];
  readonly private: boolean;
}

/** The settings of the sample that comes with the project. */
export const sampleSettings: OwnSettings = {
  clusters: [{ name: 'demo', instanceProfiles: ['demo-nodes'], private: false }],
  runtimes,
  gate: 'airlock.dev/bootstrap',
};

const head = [
  '# yaml-language-server: $schema=airlock.schema.json',
  "# Airlock's configuration for this account and region. Every field except clusters has a default, which is shown here.",
];
/** In columns. */
const lineWidth = 100;

/**
 * The text of an `airlock.yaml` with these settings and every default, each field under its description.
 *
 * @throws ConfigError if the settings are not accepted
 */
export function commentedConfig(settings: OwnSettings): string {
  const clusters = settings.clusters.map(({ name, instanceProfiles, private: inside }) => ({
    name,
    ...(instanceProfiles.length === 0 ? {} : { instanceProfiles }),
    ...(inside ? { private: true } : {}),
  }));
  const named = Object.fromEntries(settings.runtimes.map((runtime) => [runtime, {}]));
  const own = { clusters, runtimes: named, gate: settings.gate };
  const all: Partial<Config> = { ...parseConfig(stringify(own)), ...own } as Partial<Config>;
  const fields = Object.entries(descriptions).map(([name, description]) =>
    fieldLines(name, all[name as keyof Config], description).join('\n'),
  );
  return `${head.flatMap((line) => wrapComment(line.slice(2), 0)).join('\n')}\n\n${fields.join('\n\n')}\n`;
}

function fieldLines(name: string, value: unknown, description: Description, indent = 0): readonly string[] {
  const margin = ' '.repeat(indent);
  const { about, example, fields } = description;
  const comment = about.split('\n').flatMap((line) => wrapComment(line, indent));
  const own = (text: string) => `${margin}${name}: ${text}`;
  if (value === undefined) return [...comment, `${margin}# ${name}: ${example ?? ''}`.trimEnd()];
  if (fields !== undefined)
    return [
      ...comment,
      `${margin}${name}:`,
      ...nested(value, fields, indent + 2),
      ...exampleLines(example, indent + 2),
    ];
  if (name === 'runtimes') {
    const entries = Object.keys(Object(value)).map((runtime) => `  ${runtime}: {}`);
    return [...comment, 'runtimes:', ...entries, ...exampleLines(example, 2)];
  }
  const shown = own(stringify(value, { collectionStyle: 'flow', flowCollectionPadding: false, lineWidth: 0 }).trim());
  if (example === undefined) return [...comment, shown];
  const lines = example.startsWith('[')
    ? [`${name}: ${example}`]
    : [`${name}:`, ...example.split('\n').map((line) => `  ${line}`)];
  return [...comment, shown, ...exampleLines(lines.join('\n'), indent)];
}

/** The fields of an object, or of each object in a list. Only the first of a list has comments. */
function nested(value: unknown, fields: Readonly<Record<string, Description>>, indent: number): readonly string[] {
  if (!Array.isArray(value)) {
    return Object.entries(fields).flatMap(([name, description]) =>
      fieldLines(name, Object(value)[name], description, indent),
    );
  }
  return value.flatMap((one: Readonly<Record<string, unknown>>, index) => {
    const lines = Object.entries(fields)
      .filter(([name]) => one[name] !== undefined)
      .flatMap(([name, description]) => {
        const all = fieldLines(name, one[name], description, indent + 2);
        return index === 0 ? all : all.filter((line) => !line.trim().startsWith('#'));
      });
    const first = lines.findIndex((line) => !line.trim().startsWith('#'));
    // The comment of an element stands above its dash.
    return lines.map((line, at) =>
      at < first ? line.slice(2) : at === first ? `${' '.repeat(indent)}- ${line.trim()}` : line,
    );
  });
}

/** YAML as a comment. */
function exampleLines(example: string | undefined, indent: number): readonly string[] {
  if (example === undefined) return [];
  const margin = ' '.repeat(indent);
  return example.split('\n').flatMap((line) => {
    const [, own = '', text] = /^( *)# (.*)$/.exec(line) ?? [];
    if (text === undefined) return [`${margin}# ${line}`];
    // A comment within the example.
    const prefix = own === '' ? '' : `# ${own}`;
    return wrapComment(text, indent, prefix);
  });
}

function wrapComment(text: string, indent: number, prefix = ''): readonly string[] {
  const start = `${' '.repeat(indent)}${prefix}# `;
  if (text.startsWith('  ')) return [`${start}${text}`];
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && start.length + line.length + 1 + word.length > lineWidth) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((one) => `${start}${one}`);
}
