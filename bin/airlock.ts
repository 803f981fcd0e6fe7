#!/usr/bin/env node
import { Command } from 'commander';
import { startCommand } from '../cli/start/options.ts';
import { exampleRuntime } from '../domain/runtimes.ts';
import { ConfigError } from '../lib/config/config-error.ts';
import { loadSettings } from '../lib/config/settings.ts';

// Each command loads what it needs when it runs: most of them need neither the AWS SDK nor the local cloud.
const program = new Command('airlock')
  .description('Sandboxed container runtimes on every node an autoscaler launches, proven before a pod lands')
  .exitOverride((error) => {
    // commander ends with 1 for bad input; here that is 2, and help is no error.
    process.exit(error.exitCode === 0 ? 0 : 2);
  })
  // No command begins with a configuration that another one would refuse.
  .hook('preAction', (_, command) => {
    loadSettings({ config: command.opts()['config'] });
  });

program.addCommand(
  startCommand().action(async (options) => {
    const { start } = await import('../cli/start/start.ts');
    process.exitCode = await start(options);
  }),
);
program
  .command('manifests')
  .description('Print what a cluster needs, as YAML for kubectl and GitOps')
  .option('--config <file>', 'another airlock.yaml')
  .action(async (options) => {
    const { printManifests } = await import('../cli/manifests.ts');
    process.exitCode = printManifests(options);
  });
program
  .command('verify-aws')
  .description('Check in a real account what the local cloud cannot show')
  .option('--launch-template <name>', 'launch a canary node from this template and terminate it after')
  .action(async (options) => {
    const { verifyAws } = await import('../cli/verify-aws/verify.ts');
    process.exitCode = await verifyAws(options);
  });

const breaker = program
  .command('breaker')
  .description('List the breakers of the deployed stack, by cluster, pool and version')
  .action(async () => {
    const { listBreakers } = await import('../cli/breaker.ts');
    process.exitCode = await listBreakers();
  });
breaker
  .command('close <cluster> <pool> <release>')
  .description(`Close a breaker by hand, for instance: close demo sandboxed ${exampleRuntime}@20260928.0`)
  .action(async (cluster, pool, release) => {
    const { close } = await import('../cli/breaker.ts');
    process.exitCode = await close(cluster, pool, release);
  });

for (const command of program.commands) command.copyInheritedSettings(program);
try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
