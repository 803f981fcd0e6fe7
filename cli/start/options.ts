import { type Command, InvalidArgumentError, Option } from 'commander';
import { exampleRuntime, runtimes, runtimeTraits } from '../../domain/runtimes.ts';
import { faults, namedFaultNames } from '../../packages/lab/faults.ts';
import { nodePlaceholder } from '../../packages/lab/machines.ts';
import { defineCommand } from '../output/command.ts';
import { outputWidth, wrap } from '../output/text.ts';
import { RunSchema } from './run-schema.ts';

/** The options of `airlock start`. */
export interface StartOptions {
  /** The value of the tag airlock:runtime, `<runtime>` or `<runtime>@<version>`. */
  readonly runtime: string;
  readonly nodes: number;
  readonly clock: 'real' | 'virtual';
  /** `simulated`, `real`, or `exec:` and a command. */
  readonly machine: 'simulated' | 'real' | `exec:${string}`;
  /** A running cluster in place of the local one. */
  readonly kubeconfig?: string;
  readonly fault: readonly string[];
  readonly json: boolean;
  /** Whether the local cloud keeps running after the nodes have ended. */
  readonly keep: boolean;
  /** Whether to lead through a failure instead. */
  readonly tour: boolean;
  readonly config?: string;
}

/** How many nodes one run may launch. Each simulated machine runs the real scripts. */
const mostNodes = 500;

/** The command `start`, without its action. Bad options end it with a message and exit code 2. */
export function startCommand(): Command {
  const description = 'Launch a small pool on the local cloud and show how its nodes come out of the airlock';
  return defineCommand('start', description, {
    examples: [
      ['start', `three nodes with ${runtimeTraits[exampleRuntime].title}`],
      ['start --fault not-sandboxed --clock virtual', 'a node whose proof fails'],
      ['start --tour', 'break a node, find out why, and correct it, in five minutes'],
      ['start --keep', 'leave the local cloud running for the other commands'],
    ],
    json: { 'airlock start --json': RunSchema },
  })
    .option(
      '--runtime <runtime[@version]>',
      'what the nodes ask for by their tag airlock:runtime',
      readRuntime,
      exampleRuntime,
    )
    .option('--nodes <number>', `how many nodes to launch, 1 to ${mostNodes}`, readNodes, 3)
    .addOption(
      new Option('--clock <kind>', 'real: runs in real time; virtual: skips waiting')
        .choices(['real', 'virtual'])
        .default('real'),
    )
    .addOption(
      new Option(
        '--machine <kind>',
        'simulated: the real scripts in a directory tree, with stand-ins for containerd and systemd; real: a systemd and a containerd for each node (root on Debian or Ubuntu); "exec:COMMAND {node}": nodes of a running cluster, reached through the command',
      )
        .argParser(readMachine)
        .default('simulated'),
    )
    .option(
      '--kubeconfig <file>',
      'use the gated nodes of the running cluster in its current context (with --machine "exec:…")',
    )
    .option('--fault <name>', 'a fault to inject (repeatable; see the list below)', readFault, [])
    .option('--config <file>', 'another airlock.yaml')
    .addOption(
      new Option(
        '--keep',
        'keep the local cloud running and print how other tools reach it (with the real clock)',
      ).default(false),
    )
    .addOption(
      new Option(
        '--tour',
        'break a node, and lead through finding out why and correcting it; without a terminal it goes through by itself',
      ).default(false),
    )
    .addHelpText('after', () => `\n${faultList(outputWidth())}`);
}

function readRuntime(value: string): string {
  const [runtime] = value.split('@');
  if (runtimes.some((known) => known === runtime)) return value;
  throw new InvalidArgumentError(`Accepted: ${runtimes.join(', ')}, each with an optional @version.`);
}

/** The prefix of a machine that is reached through a command. */
const execPrefix = 'exec:';

function readMachine(value: string): string {
  if (value === 'simulated' || value === 'real') return value;
  if (value.startsWith(execPrefix) && value.includes(nodePlaceholder)) return value;
  throw new InvalidArgumentError(
    `Accepted: simulated, real, or ${execPrefix} and a command that names ${nodePlaceholder}, for instance "exec:docker exec -i {node} sh".`,
  );
}

/** The command that reaches a node; undefined if nodes are launched. */
export function commandOf(machine: string): string | undefined {
  return machine.startsWith(execPrefix) ? machine.slice(execPrefix.length) : undefined;
}

/** Describes two options that do not fit together, and what does. */
export function misfitOf(options: StartOptions): string | undefined {
  const { keep, clock, machine, kubeconfig, fault, json, tour } = options;
  const command = commandOf(machine);
  const others = [json && '--json', keep && '--keep', clock === 'virtual' && '--clock virtual'];
  const other = [...others, fault.length > 0 && '--fault', machine !== 'simulated' && '--machine'].find(Boolean);
  if (tour && other) return `option '--tour' is given with '${other}'; accepted: --tour alone, or with --config`;
  if (keep && clock === 'virtual') {
    return "option '--keep' is given with '--clock virtual'; accepted: --keep with '--clock real'";
  }
  if ((command === undefined) !== (kubeconfig === undefined)) {
    const [one, other] = command === undefined ? ['--kubeconfig', '--machine'] : ['--machine exec:…', '--kubeconfig'];
    return `option '${one}' is given without '${other}'; accepted: --kubeconfig FILE and --machine "exec:COMMAND {node}" together`;
  }
  if (kubeconfig !== undefined && clock === 'virtual') {
    return "option '--kubeconfig' is given with '--clock virtual'; accepted: a running cluster with '--clock real'";
  }
  if (kubeconfig !== undefined && fault.length > 0) {
    return `option '--kubeconfig' is given with '--fault ${fault[0]}'; accepted: a running cluster without faults`;
  }
  return undefined;
}

function readNodes(value: string): number {
  const count = Number(value);
  if (Number.isInteger(count) && count >= 1 && count <= mostNodes) return count;
  throw new InvalidArgumentError(`Accepted: a whole number from 1 to ${mostNodes}.`);
}

function readFault(value: string, earlier: readonly string[]): readonly string[] {
  if (namedFaultNames.includes(value)) return [...earlier, value];
  throw new InvalidArgumentError('Accepted: a fault that "airlock start --help" lists.');
}

/** Every fault by its kind, with what goes wrong and how a launch ends. */
function faultList(width: number): string {
  const title =
    'Faults, with the outcome in brackets if it is not released (use --clock virtual for those that wait for minutes):';
  const kinds = [...Map.groupBy(namedFaultNames, (name) => faults[name]?.kind)].map(([kind, names]) => {
    const lines = names.map((name) => {
      const { about = '', ends = 'released' } = faults[name] ?? {};
      return `    ${name}\n${wrap(`${about}${ends === 'released' ? '' : ` (${ends})`}`, width, 8)}`;
    });
    return `  ${kind}\n${lines.join('\n')}`;
  });
  return [wrap(title, width), ...kinds].join('\n');
}
