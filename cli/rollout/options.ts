import { type Command, Option } from 'commander';
import { runtimes } from '../../domain/runtimes.ts';
import { defineCommand } from '../output/command.ts';
import { RolloutActReportSchema, RolloutsSchema } from './report.ts';

/** `airlock rollout` and the acts about rollouts. */
export function rolloutCommand(): Command {
  const command = defineCommand(
    'rollout',
    'List how versions roll through the pools: target, wave, nodes, and what each waits for',
    {
      examples: [['rollout', 'every rollout, one a line']],
      json: { 'airlock rollout --json': RolloutsSchema },
    },
  ).action(async (options) => {
    const { showRollouts } = await import('./rollout.ts');
    process.exitCode = await showRollouts(options);
  });
  return command
    .enablePositionalOptions()
    .addCommand(act('pause', 'Take no further node out; runs under way finish', 'one pool'))
    .addCommand(act('resume', 'Go on with a paused rollout, or begin a stopped one again with one node', 'one pool'))
    .addCommand(act('abort', 'Stop a rollout; nodes that are half-way finish', 'the rest keeps its version'))
    .addCommand(
      act(
        'rollback',
        'Bring a pool back to a version that it had, in waves and by proof',
        'to the version before',
      ).option(
        '--to <version>',
        'another version than the one before; one that no node of the pool was released with needs --because',
      ),
    );
}

function act(name: 'pause' | 'resume' | 'abort' | 'rollback', description: string, meaning: string): Command {
  return defineCommand(`${name} [pool]`, description, {
    examples: [[`rollout ${name} sandboxed --because "ticket 42"`, meaning]],
    json: { [`airlock rollout ${name} --json`]: RolloutActReportSchema },
  })
    .option('--cluster <name>', 'only in this cluster')
    .addOption(new Option('--runtime <name>', 'only of this runtime').choices(runtimes))
    .option('--because <text>', 'why, for the audit trail')
    .option('--config <file>', 'another airlock.yaml')
    .addOption(new Option('--yes', 'do not ask before more than one rollout').default(false))
    .action(async (pool, options) => {
      const { actOnRollouts } = await import('./rollout.ts');
      process.exitCode = await actOnRollouts(name, pool, options);
    });
}
