import { type Command, InvalidArgumentError, Option } from 'commander';
import { type FindingLevel, findingLevels } from '../../domain/findings.ts';
import { defineCommand } from '../output/command.ts';
import { DoctorSchema, FindingListSchema } from './report.ts';

/** What `airlock doctor` is asked for. */
export interface DoctorOptions {
  readonly pre: boolean;
  readonly list: boolean;
  readonly only: readonly string[];
  readonly skip: readonly string[];
  readonly threshold: FindingLevel;
  readonly parameter: ReadonlyMap<string, string>;
  readonly config?: string;
  /** Another kubeconfig than kubectl would take. */
  readonly kubeconfig?: string;
  /** Seconds to look again for, until nothing is found; 0 looks once. */
  readonly wait: number;
  readonly json: boolean;
}

/** The command `doctor`, without its action. */
export function doctorCommand(): Command {
  return defineCommand('doctor [files...]', 'Find what will not work before a node shows it', {
    examples: [
      ['doctor --pre pools.yaml', 'before the deployment: look at airlock.yaml and the pools in the file'],
      ['doctor --pre template.yaml --parameter InstanceProfileArn=ARN', 'a CloudFormation template with a parameter'],
      ['doctor --pre pools.yaml --skip AL0008', 'leave one finding out'],
      ['doctor', 'after it: look at the cluster of the current context and at the AWS account'],
      [
        'doctor --wait 300 --threshold error',
        'in a pipeline: look again for up to five minutes, until no error is left',
      ],
      ['doctor --only pools,AL0027', 'look for some groups or codes only'],
      ['doctor --list', 'list everything that it looks for'],
    ],
    json: { 'airlock doctor --json': DoctorSchema, 'airlock doctor --list --json': FindingListSchema },
  })
    .addOption(
      new Option(
        '--pre',
        'look at files only: Karpenter, eksctl or CloudFormation, or what aws describe-… prints for groups, launch templates, hooks and images',
      ).default(false),
    )
    .option('--config <file>', 'another airlock.yaml')
    .option('--kubeconfig <file>', 'another kubeconfig than kubectl would take; its current context counts')
    .option('--only <codes>', 'look for these codes or groups only (repeatable, or with commas)', collect, [])
    .option('--skip <codes>', 'do not look for these codes or groups (repeatable, or with commas)', collect, [])
    .addOption(
      new Option('--threshold <level>', 'the least level that makes the exit code 1')
        .choices([...findingLevels])
        .default('warning'),
    )
    .addOption(
      new Option('--wait <seconds>', 'look again for so long, until no finding is left that makes the exit code 1 or 3')
        .argParser(readSeconds)
        .default(0),
    )
    .option(
      '--parameter <name=value>',
      'a parameter of a CloudFormation template (repeatable)',
      readParameter,
      new Map(),
    )
    .addOption(new Option('--list', 'list everything that it looks for, and look at nothing').default(false));
}

function collect(value: string, earlier: readonly string[]): readonly string[] {
  return [...earlier, value];
}

function readSeconds(text: string): number {
  const seconds = /^[0-9]{1,5}$/.test(text) ? Number(text) : -1;
  if (seconds < 1 || seconds > 86_400)
    throw new InvalidArgumentError('Accepted is a whole number of seconds from 1 to 86400.');
  return seconds;
}

function readParameter(text: string, earlier: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const [, name, value] = /^([A-Za-z0-9]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError('Accepted is NAME=VALUE.');
  return new Map([...earlier, [name, value]]);
}
