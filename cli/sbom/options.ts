import { type Command, Option } from 'commander';
import { defineCommand } from '../output/command.ts';
import { AppSbomSchema, NodeSbomSchema } from './schema.ts';

/** The command `airlock sbom`. */
export function sbomCommand(): Command {
  return defineCommand(
    'sbom',
    'Print a bill of materials, as CycloneDX in JSON: of what goes on nodes, or of Airlock',
    {
      examples: [
        ['sbom > nodes.cdx.json', 'every file that a launch may get, with its hash, source, licence and supplier'],
        ['sbom --app > airlock.cdx.json', 'every package that Airlock itself uses, from package-lock.json'],
      ],
      json: { 'airlock sbom': NodeSbomSchema, 'airlock sbom --app': AppSbomSchema },
    },
  )
    .addOption(new Option('--app', 'of Airlock itself, as npm makes it').default(false))
    .option('--config <file>', 'another airlock.yaml')
    .action(async (options) => {
      const { printSbom } = await import('./sbom.ts');
      process.exitCode = await printSbom(options);
    });
}
