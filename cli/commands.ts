import { Command, Help, Option } from 'commander';
import { exampleRuntime } from '../domain/runtimes.ts';
import { loadConfig } from '../lib/config/load.ts';
import { configPath, loadSettings } from '../lib/config/settings.ts';
import { actCommands } from './acts/commands.ts';
import { advisoriesCommand } from './advisories/options.ts';
import { artifactsCommand } from './artifacts/options.ts';
import { BreakersSchema, ClosedBreakerSchema } from './breaker-report.ts';
import { catalogueCommand, catalogueUpdateCommand } from './catalogue/options.ts';
import { doctorCommand } from './doctor/options.ts';
import { StorySchema } from './explain/story.ts';
import { initCommand } from './init/options.ts';
import { ManifestListSchema } from './manifests-report.ts';
import { defineCommand } from './output/command.ts';
import { exitCodes } from './output/exit-codes.ts';
import { outputWidth } from './output/text.ts';
import { receiptCommand } from './receipt/options.ts';
import { readAge } from './report/age.ts';
import { ReportSchema } from './report/schema.ts';
import { rolloutCommand } from './rollout/options.ts';
import { sbomCommand } from './sbom/options.ts';
import { startCommand } from './start/options.ts';
import { FleetSchema } from './status/fleet.ts';
import { VerificationSchema } from './verify-aws/report.ts';

/**
 * The command line `airlock`. Each command loads what it needs when it runs: most need neither the AWS SDK nor the
 * local cloud.
 */
export function airlockProgram(): Command {
  const program = new Command('airlock')
    .description('Sandboxed container runtimes on every node an autoscaler launches, proven before a pod lands')
    .enablePositionalOptions()
    .configureHelp({ optionDescription: describeOption, minWidthToWrap: 10 })
    .configureOutput({ getOutHelpWidth: outputWidth, getErrHelpWidth: outputWidth })
    .exitOverride((error) => {
      // commander exits with 1 for bad input, and help is not an error.
      process.exit(error.exitCode === 0 ? exitCodes.fine : exitCodes.wrongUsage);
    })
    // Every command checks the configuration first, so that all reject the same files.
    .hook('preAction', (_, command) => {
      // Its file may not be there yet.
      if (command.name() === 'init') return;
      const { config } = command.opts<{ readonly config?: string }>();
      // It replaces a catalogue that does not have its pinned hash.
      if (command.name() === 'update') loadConfig(configPath(config));
      else loadSettings({ config });
    });
  const commands = [
    start(),
    init(),
    doctor(),
    status(),
    explain(),
    report(),
    advisoriesCommand(),
    receiptCommand(),
    manifests(),
    catalogue(),
    artifactsCommand(),
    sbomCommand(),
    verifyAws(),
    breaker(),
    rolloutCommand(),
    ...actCommands(),
  ];
  for (const command of commands) program.addCommand(command);
  for (const command of program.commands) inherit(command, program);
  return program;
}

/** Commander prints every default. A default that only means "not given" is omitted. */
function describeOption(option: Option): string {
  const { defaultValue, description } = option;
  const isNone = defaultValue === false || (typeof defaultValue === 'object' && Object.keys(defaultValue).length === 0);
  return isNone ? description : new Help().optionDescription(option);
}

function inherit(command: Command, parent: Command): void {
  command.copyInheritedSettings(parent);
  for (const child of command.commands) inherit(child, command);
}

function start(): Command {
  return startCommand().action(async (options) => {
    const { start: run } = await import('./start/start.ts');
    process.exitCode = await run(options);
  });
}

function init(): Command {
  return initCommand().action(async (options) => {
    const { init: run } = await import('./init/init.ts');
    process.exitCode = await run(options);
  });
}

function doctor(): Command {
  return doctorCommand().action(async (files, options) => {
    const { doctor: run } = await import('./doctor/doctor.ts');
    process.exitCode = await run(files, options);
  });
}

function status(): Command {
  return defineCommand('status', 'Show the fleet by pool, launches under way, and the nodes that need a person', {
    examples: [
      ['status', 'look once'],
      ['status --watch', 'look every five seconds until Ctrl-C'],
    ],
    json: { 'airlock status --json': FleetSchema },
  })
    .option('--config <file>', 'another airlock.yaml')
    .addOption(new Option('--watch', 'look again every five seconds').default(false))
    .action(async (options) => {
      const { status: run } = await import('./status/status.ts');
      process.exitCode = await run(options);
    });
}

function explain(): Command {
  return defineCommand('explain <node|instance>', 'Tell the story of one launch, and what to do now', {
    examples: [
      ['explain i-0123456789abcdef0', 'by the id of the instance'],
      ['explain ip-10-0-0-4', "by the node's name, with or without its domain"],
      ['explain ip-10-0-0-4 --html node.html', 'as a page to attach to a ticket, too'],
    ],
    json: { 'airlock explain --json': StorySchema },
  })
    .option('--html <file>', 'write the story as one page, with charts, that needs no script and no network')
    .action(async (name, options) => {
      const { explain: run } = await import('./explain/explain.ts');
      process.exitCode = await run(name, options);
    });
}

function report(): Command {
  return defineCommand(
    'report',
    'Summarize a period: times by phase, outcomes, the worst launches, breakers, versions, cost',
    {
      examples: [
        ['report', 'the last seven days'],
        ['report --since 24h --html report.html', 'the last day, as a page with charts, too'],
      ],
      json: { 'airlock report --json': ReportSchema },
    },
  )
    .option('--config <file>', 'another airlock.yaml')
    .addOption(
      new Option('--since <time>', 'how far to look back, for instance 30m, 24h or 7d; the ledger has 90 days')
        .default(readAge('7d'), '7d')
        .argParser((text) => readAge(text)),
    )
    .option('--html <file>', 'write the report as one page, with charts, that needs no script and no network')
    .action(async (options) => {
      const { report: run } = await import('./report/report.ts');
      process.exitCode = await run(options);
    });
}

function manifests(): Command {
  return defineCommand('manifests', 'Print what a cluster needs, as YAML for kubectl and GitOps', {
    examples: [['manifests | kubectl apply --server-side -f -', 'apply it by hand']],
    json: { 'airlock manifests --json': ManifestListSchema },
  })
    .option('--config <file>', 'another airlock.yaml')
    .action(async (options) => {
      const { printManifests } = await import('./manifests.ts');
      process.exitCode = printManifests(options);
    });
}

function catalogue(): Command {
  const update = catalogueUpdateCommand().action(async (options) => {
    const { updateCatalogue } = await import('./catalogue/update.ts');
    process.exitCode = await updateCatalogue(options);
  });
  const command = catalogueCommand().action(async (node, options) => {
    const { catalogue: run } = await import('./catalogue/catalogue.ts');
    process.exitCode = await run(node, options);
  });
  return command.enablePositionalOptions().addCommand(update);
}

function verifyAws(): Command {
  return defineCommand('verify-aws', 'Check in a real account what the local cloud cannot show', {
    examples: [['verify-aws --launch-template airlock-canary', 'launch a canary node too']],
    json: { 'airlock verify-aws --json': VerificationSchema },
  })
    .option('--launch-template <name>', 'launch a canary node from this template and terminate it after')
    .action(async (options) => {
      const { verifyAws: run } = await import('./verify-aws/verify.ts');
      process.exitCode = await run(options);
    });
}

function breaker(): Command {
  const close = defineCommand('close <cluster> <pool> <version>', 'Close a breaker by hand', {
    examples: [[`breaker close demo sandboxed ${exampleRuntime}@20260928.0`, 'nodes that were held are tried again']],
    json: { 'airlock breaker close --json': ClosedBreakerSchema },
  })
    .option('--because <text>', 'why, for the audit trail')
    .action(async (cluster, pool, version, options) => {
      const { close: run } = await import('./breaker.ts');
      process.exitCode = await run({ cluster, pool, version }, options);
    });
  return defineCommand('breaker', 'List the breakers of the deployed stack, by cluster, pool and version', {
    examples: [['breaker', 'every breaker with its state, one a line']],
    json: { 'airlock breaker --json': BreakersSchema },
  })
    .enablePositionalOptions()
    .action(async (options) => {
      const { listBreakers } = await import('./breaker.ts');
      process.exitCode = await listBreakers(options);
    })
    .addCommand(close);
}
