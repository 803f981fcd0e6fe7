import { type Command, InvalidArgumentError, Option } from 'commander';
import { exampleRuntime, type Runtime, runtimes } from '../../domain/runtimes.ts';
import { defineCommand } from '../output/command.ts';
import type { Given } from './answers.ts';
import { InitSchema } from './report.ts';
import { type PoolKind, poolKinds } from './snippets.ts';

/** What `airlock init` is asked for. */
export interface InitOptions extends Given {
  /** The file to write. */
  readonly config?: string;
  /** A folder for the snippets; they are printed if absent. */
  readonly snippets?: string;
  readonly force: boolean;
  readonly json: boolean;
}

/** The command `init`, without its action. */
export function initCommand(): Command {
  return defineCommand('init', 'Write airlock.yaml, and print the declarations of pools to add to your own', {
    examples: [
      ['init', 'read what can be read from the account, and ask for the rest'],
      ['init --snippets pools', 'write the declarations of pools into a folder'],
      [
        `init --cluster demo --instance-profile 'demo_*' --pool karpenter --runtime ${exampleRuntime}`,
        'ask for nothing, and read nothing',
      ],
    ],
    json: { 'airlock init --json': InitSchema },
  })
    .option(
      '--cluster <name>',
      'a cluster in EKS (repeatable)',
      (value: string, all: readonly string[]) => [...all, value],
      [],
    )
    .option(
      '--instance-profile <name>',
      'an instance profile of the nodes, by name or ARN; a name may end in * (repeatable)',
      (value: string, all: readonly string[]) => [...all, value],
      [],
    )
    .option(
      '--pool <kind>',
      `how a pool is declared: ${poolKinds.join(', ')} (repeatable)`,
      (value: string, all: readonly PoolKind[]) => [...all, oneOf(poolKinds, value)],
      [],
    )
    .option(
      '--runtime <name>',
      `a runtime that nodes may request: ${runtimes.join(', ')} (repeatable)`,
      (value: string, all: readonly Runtime[]) => [...all, oneOf(runtimes, value)],
      [],
    )
    .option('--config <file>', 'write this file in place of airlock.yaml')
    .option('--snippets <folder>', 'write the declarations of pools into this folder')
    .addOption(new Option('--force', 'overwrite files that are there').default(false));
}

function oneOf<T extends string>(known: readonly T[], value: string): T {
  const found = known.find((one) => one === value);
  if (found === undefined) throw new InvalidArgumentError(`Accepted: ${known.join(', ')}.`);
  return found;
}
