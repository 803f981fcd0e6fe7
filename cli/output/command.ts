import { Command, Option } from 'commander';
import type * as v from 'valibot';

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
  const examples = text.examples.map(([line, meaning]) => `  $ airlock ${line}\n      ${meaning}`);
  return command
    .addOption(new Option('--json', 'print one JSON object and nothing else').default(false))
    .addOption(new Option('--debug', 'print the stack of an error').default(false))
    .addHelpText('after', `\nExamples:\n${examples.join('\n')}`);
}

/** What {@link defineCommand} was given for a command; undefined for one that only groups others. */
export function commandText(command: Command): CommandText | undefined {
  return texts.get(command);
}
