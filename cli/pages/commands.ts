import { toJsonSchema } from '@valibot/to-json-schema';
import type { Command } from 'commander';
import { airlockProgram } from '../commands.ts';
import { commandText } from '../output/command.ts';
import { exitCodeMeanings } from '../output/exit-codes.ts';
import { wrapProse } from './wrap.ts';

/** `docs/operate/commands.md`: every command with its options, examples and the schema of its JSON. */
export function commandsPage(): string {
  const program = airlockProgram();
  const codes = Object.entries(exitCodeMeanings).map(([code, meaning]) => `| ${code} | ${meaning} |`);
  return wrapProse(`# Commands

\`npx airlock COMMAND --help\` prints the same. This page is made from [\`cli/commands.ts\`](../../cli/commands.ts) by \`npm run docs\`.

| exit code | it means |
|---|---|
${codes.join('\n')}

Errors go to standard error, in one line for each fault. \`--json\` prints one object to standard output and nothing else. Colours need a terminal, and
\`NO_COLOR=1\` turns them off. \`COLUMNS\` sets the width if there is no terminal. AWS credentials and the region are those that the AWS command line would use.

${program.commands.flatMap((command) => sections(command, 'airlock')).join('\n\n')}
`);
}

function sections(command: Command, parent: string): readonly string[] {
  const name = `${parent} ${command.name()}`;
  const text = commandText(command);
  const help = command.createHelp();
  const options = help
    .visibleOptions(command)
    .map((option) => `| \`${option.flags.replaceAll('|', '\\|')}\` | ${help.optionDescription(option)} |`);
  const examples = (text?.examples ?? []).map(([line, meaning]) => `# ${meaning}\n$ npx airlock ${line}`);
  const schemas = Object.entries(text?.json ?? {}).map(
    ([line, schema]) =>
      `<details><summary>JSON Schema of <code>${line}</code></summary>\n\n\`\`\`json\n${JSON.stringify(toJsonSchema(schema), undefined, 2)}\n\`\`\`\n\n</details>`,
  );
  const usage = `\`\`\`console\n${examples.join('\n')}\n\`\`\``;
  const table = `| option | meaning |\n|---|---|\n${options.join('\n')}`;
  const own = [
    `## ${name}`,
    `${command.description()}.`,
    `Usage: \`${name} ${command.usage()}\``,
    usage,
    table,
    ...schemas,
  ];
  return [own.join('\n\n'), ...command.commands.flatMap((child) => sections(child, name))];
}
