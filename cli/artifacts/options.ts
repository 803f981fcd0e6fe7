import type { Command } from 'commander';
import { defineCommand } from '../output/command.ts';
import { ArtifactsSchema, AttestedSchema, FilledSchema } from './schema.ts';

/** The command `airlock artifacts`, with `verify`, `attested` and `fill` below it. */
export function artifactsCommand(): Command {
  const verify = defineCommand('verify', 'Read each file from where nodes get it, and compare its SHA-256', {
    examples: [
      ['artifacts verify', 'read every file that a launch may get, with artifacts: mirror from the bucket'],
      ['artifacts verify --json', 'the same for a script, which finds each state'],
    ],
    json: { 'airlock artifacts verify --json': ArtifactsSchema },
  })
    .option('--config <file>', 'another airlock.yaml')
    .action(async (options) => {
      const { verifyArtifacts } = await import('./artifacts.ts');
      process.exitCode = await verifyArtifacts(options);
    });
  const attested = defineCommand('attested', "Compare the pins with what GitHub signed for upstream's releases", {
    examples: [['artifacts attested', 'before you pin a version, and when you doubt one; it needs the GitHub CLI']],
    json: { 'airlock artifacts attested --json': AttestedSchema },
  })
    .option('--config <file>', 'another airlock.yaml')
    .action(async (options) => {
      const { compareAttested } = await import('./attested.ts');
      process.exitCode = await compareAttested(options);
    });
  const fill = defineCommand('fill', 'Have the mirror fetch what it lacks', {
    examples: [['artifacts fill', 'after someone deleted or replaced a file in the bucket']],
    json: { 'airlock artifacts fill --json': FilledSchema },
  })
    .option('--config <file>', 'another airlock.yaml')
    .action(async (options) => {
      const { fillMirror } = await import('./fill.ts');
      process.exitCode = await fillMirror(options);
    });
  return defineCommand('artifacts', 'List the files that nodes install, and where they get them', {
    examples: [['artifacts', 'each version and architecture with size, checksum, and when it was mirrored']],
    json: { 'airlock artifacts --json': ArtifactsSchema },
  })
    .enablePositionalOptions()
    .option('--config <file>', 'another airlock.yaml')
    .action(async (options) => {
      const { listArtifacts } = await import('./artifacts.ts');
      process.exitCode = await listArtifacts(options);
    })
    .addCommand(verify)
    .addCommand(attested)
    .addCommand(fill);
}
