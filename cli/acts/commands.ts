import { type Command, Option } from 'commander';
import { defineCommand } from '../output/command.ts';
import { ActReportSchema, UninstallReportSchema } from './report.ts';

/** The commands that act on nodes. Each act is recorded in the ledger and published with its caller. */
export function actCommands(): readonly Command[] {
  return [retry(), verify(), release(), quarantine(), uninstall()];
}

function retry(): Command {
  const command = defineCommand(
    'retry [node|instance]',
    'Run launches that ended badly once more: install, prove, release',
    {
      examples: [
        ['retry ip-10-0-0-4 --wait', 'one node, followed until its end'],
        ['retry --pool sandboxed --outcome download-failed --dry-run', 'which nodes would be tried'],
        ['retry --pool sandboxed --outcome download-failed --yes', 'try them all'],
      ],
      json: { 'airlock retry --json': ActReportSchema },
    },
  );
  return rerunOptions(command)
    .option('--outcome <code>', 'every launch that ended with this outcome and whose instance runs')
    .action(async (name, options) => {
      const { rerun } = await import('./rerun.ts');
      process.exitCode = await rerun('retry', name, options);
    });
}

function verify(): Command {
  const command = defineCommand('verify [node|instance]', 'Repeat the proof of released nodes', {
    examples: [
      ['verify ip-10-0-0-4 --wait', 'pods stay; the gate comes back only if the proof fails'],
      ['verify --pool sandboxed --yes', 'every released node of a pool'],
    ],
    json: { 'airlock verify --json': ActReportSchema },
  });
  return rerunOptions(command)
    .option('--config <file>', 'another airlock.yaml')
    .action(async (name, options) => {
      const { rerun } = await import('./rerun.ts');
      process.exitCode = await rerun('verify', name, options);
    });
}

function rerunOptions(command: Command): Command {
  return command
    .option('--pool <name>', 'every launch of a pool that this is possible for')
    .option('--because <text>', 'why, for the audit trail', 'an operator asked for it')
    .addOption(new Option('--dry-run', 'show what would be done').default(false))
    .addOption(new Option('--yes', 'do not ask before more than one node').default(false))
    .addOption(new Option('--wait', 'follow the runs until their end; the exit code is theirs').default(false));
}

function release(): Command {
  const command = defineCommand(
    'release <node|instance>',
    'Lift the gate of a node without a proof, with your own kubeconfig',
    {
      examples: [
        [
          'release ip-10-0-0-4 --because "A sandbox was seen by hand, ticket 42"',
          'breaks the glass; the audit trail keeps who and why',
        ],
      ],
      json: { 'airlock release --json': ActReportSchema },
    },
  );
  return byHandOptions(command).action(async (name, options) => {
    const { actByHand } = await import('./by-hand.ts');
    process.exitCode = await actByHand('release', name, options);
  });
}

function quarantine(): Command {
  const command = defineCommand(
    'quarantine <node|instance>',
    'Keep new pods away from a node, with your own kubeconfig',
    {
      examples: [['quarantine ip-10-0-0-4 --because "suspected escape"', 'running pods stay; their number is shown']],
      json: { 'airlock quarantine --json': ActReportSchema },
    },
  );
  return byHandOptions(command).action(async (name, options) => {
    const { actByHand } = await import('./by-hand.ts');
    process.exitCode = await actByHand('quarantine', name, options);
  });
}

function uninstall(): Command {
  const command = defineCommand(
    'uninstall [node|instance]',
    'Close nodes and remove their runtime, with your own rights',
    {
      examples: [
        ['uninstall ip-10-0-0-4 --because "moves to another pool"', 'one node; pods with the RuntimeClass block it'],
        ['uninstall --pool sandboxed --because "end of the trial" --dry-run', 'what would be done'],
        ['uninstall --all --because "end of the trial"', 'every node, then the stack; the plan is shown first'],
      ],
      json: { 'airlock uninstall --json': UninstallReportSchema },
    },
  );
  return byHandOptions(command)
    .option('--pool <name>', 'every node of a pool')
    .addOption(new Option('--all', 'every node, and then Airlock itself').default(false))
    .addOption(new Option('--dry-run', 'show what would be done').default(false))
    .action(async (name, options) => {
      const { uninstall: run } = await import('./uninstall.ts');
      process.exitCode = await run(name, options);
    });
}

function byHandOptions(command: Command): Command {
  return command
    .requiredOption('--because <text>', 'why, for the audit trail and the Node')
    .option('--kubeconfig <file>', 'another kubeconfig than kubectl would take')
    .option('--config <file>', 'another airlock.yaml')
    .addOption(new Option('--yes', 'do not ask').default(false));
}
