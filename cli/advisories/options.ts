import { type Command, Option } from 'commander';
import { defineCommand } from '../output/command.ts';
import { UsageError } from '../output/errors.ts';
import { gather } from '../receipt/options.ts';
import { ClosingReportSchema } from './closing-schema.ts';
import { AdvisoriesSchema } from './report.ts';

/** The command `airlock advisories`. */
export function advisoriesCommand(): Command {
  return defineCommand('advisories [id]', 'Show which nodes each advisory of the catalogue affects', {
    examples: [
      ['advisories', 'every advisory with the pools: affected, unknown, not exposed, fixed'],
      ['advisories CVE-2026-96812', 'one of them'],
      [
        'advisories --report CVE-2026-96812 --html closing.html --vex closing.json',
        'when each node was exposed and fixed, and which proof shows it: here, as a page and for machines',
      ],
    ],
    json: { 'airlock advisories --json': AdvisoriesSchema, 'airlock advisories --report --json': ClosingReportSchema },
  })
    .option('--config <file>', 'another airlock.yaml')
    .option('--report', 'close one advisory: each node with its exposure, its proof and what is left', false)
    .option('--html <file>', 'with --report: write it as one page that needs no script and no network, too')
    .option('--vex <file>', 'with --report: write it as OpenVEX 0.2.0, too')
    .addOption(
      new Option('--key <file>', 'with --report: public keys in PEM to check signed receipts (repeatable)')
        .argParser(gather)
        .default([]),
    )
    .action(async (id, options) => {
      if (options.report) {
        const { closing } = await import('./closing.ts');
        process.exitCode = await closing(id, options);
        return;
      }
      const alone = ['html', 'vex'].find((name) => options[name] !== undefined);
      if (alone !== undefined || options.key.length > 0) {
        throw new UsageError(`option '--${alone ?? 'key'}' is given without --report; accepted: both, or neither`);
      }
      const { advisories } = await import('./advisories.ts');
      process.exitCode = await advisories(id, options);
    });
}
