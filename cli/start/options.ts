import { Command, InvalidArgumentError, Option } from 'commander';
import { runtimes } from '../../domain/node.ts';
import { faultNames, faults, isFault } from '../../local/faults.ts';

/** What `airlock start` is asked for. */
export interface StartOptions {
  /** The value of the tag airlock:runtime, for instance `gvisor` or `gvisor@20260928.0`. */
  readonly runtime: string;
  readonly nodes: number;
  readonly clock: 'real' | 'virtual';
  readonly machine: 'simulated' | 'real';
  readonly fault: readonly string[];
  readonly json: boolean;
  /** Leave the local cloud running after the nodes have ended. */
  readonly keep: boolean;
  readonly config?: string;
}

/** How many nodes one run may launch: each simulated machine runs the real scripts. */
const mostNodes = 500;

/** The command `start`, without its action. Bad options end with a message and the exit code 2. */
export function startCommand(): Command {
  return new Command('start')
    .description('Launch a small pool on the local cloud and show how its nodes come out of the airlock')
    .option(
      '--runtime <runtime[@release]>',
      'what the nodes ask for by their tag airlock:runtime',
      readRuntime,
      'gvisor',
    )
    .option('--nodes <number>', `how many nodes to launch, 1 to ${mostNodes}`, readNodes, 3)
    .addOption(
      new Option('--clock <kind>', 'real: watch it happen; virtual: time jumps over waiting')
        .choices(['real', 'virtual'])
        .default('real'),
    )
    .addOption(
      new Option(
        '--machine <kind>',
        'simulated: the real scripts in a directory tree, with stand-ins for containerd and systemd; real: a systemd and a containerd for each node (root on Debian or Ubuntu)',
      )
        .choices(['simulated', 'real'])
        .default('simulated'),
    )
    .option('--fault <name>', 'what shall go wrong (repeatable; the names are below)', readFault, [])
    .option('--config <file>', 'another airlock.yaml')
    .addOption(
      new Option(
        '--keep',
        'leave the local cloud running and say how other tools reach it (with the real clock)',
      ).default(false),
    )
    .option('--json', 'print one JSON object and nothing else', false)
    .addHelpText(
      'after',
      `\nFaults (those that wait for minutes are best seen with --clock virtual):\n${faultTable()}`,
    );
}

function readRuntime(value: string): string {
  const [runtime] = value.split('@');
  if (runtimes.some((known) => known === runtime)) return value;
  throw new InvalidArgumentError(`Accepted is ${runtimes.join(', ')}, each with an optional @release.`);
}

function readNodes(value: string): number {
  const count = Number(value);
  if (Number.isInteger(count) && count >= 1 && count <= mostNodes) return count;
  throw new InvalidArgumentError(`Accepted is a whole number from 1 to ${mostNodes}.`);
}

function readFault(value: string, earlier: readonly string[]): readonly string[] {
  if (isFault(value)) return [...earlier, value];
  throw new InvalidArgumentError(`Accepted is one of ${faultNames.join(', ')}.`);
}

function faultTable(): string {
  const width = Math.max(...faultNames.map((name) => name.length));
  return faultNames.map((name) => `  ${name.padEnd(width)}  ${faults[name]}`).join('\n');
}
