import { Command, Option } from 'commander';
import type * as v from 'valibot';
import { exitCodeMeanings } from './exit-codes.ts';
import { hang, outputWidth, wrap } from './text.ts';

/** What the help and the documentation say about a command beside its options. */
export interface CommandText {
  /** Command lines without the program's name, each with what it does. */
  readonly examples: readonly (readonly [line: string, meaning: string])[];
  /** What `--json` prints, by the name of the schema. */
  readonly json: Readonly<Record<string, v.GenericSchema>>;
}

const texts = new WeakMap<Command, CommandText>();

/**
 * Makes a command of `airlock` with the options that every command has: `--json` and `--debug`.
 *
 * @param usage the name with its arguments, for instance `explain <node>`
 */
export function defineCommand(usage: string, description: string, text: CommandText): Command {
  const [name = '', ...args] = usage.split(' ');
  const command = new Command(name).description(description);
  for (const argument of args) command.argument(argument);
  texts.set(command, text);
  return command
    .addOption(new Option('--json', 'print one JSON object and nothing else').default(false))
    .addOption(new Option('--debug', 'print the stack of an error').default(false))
    .addHelpText('after', () => helpEnd(text));
}

/** The end of a command's help: its examples, and what its exit code means. */
function helpEnd({ examples }: CommandText): string {
  const width = outputWidth();
  const lines = examples.map(([line, meaning]) => `  $ airlock ${line}\n${wrap(meaning, width, 6)}`);
  const codes = Object.entries(exitCodeMeanings).map(([code, meaning]) => hang(`  ${code}  `, meaning, width));
  return `\nExamples:\n${lines.join('\n')}\n\nExit codes:\n${codes.join('\n')}`;
}

/** What {@link defineCommand} was given for a command; undefined for one that only groups others. */
export function commandText(command: Command): CommandText | undefined {
  return texts.get(command);
}
