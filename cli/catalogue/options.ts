import { type Command, InvalidArgumentError, Option } from 'commander';
import type { HostFacts } from '../../domain/host-verdict.ts';
import { exampleRuntime, type Runtime, runtimes } from '../../domain/runtimes.ts';
import { defineCommand } from '../output/command.ts';
import { readHost } from './host-option.ts';
import { CatalogueSchema, HostReportSchema } from './schemas.ts';
import { CatalogueUpdateSchema } from './update-report.ts';

/** What `airlock catalogue` is asked for. */
export interface CatalogueOptions {
  readonly host?: HostFacts;
  /** The runtimes to show; those of `airlock.yaml` by default. */
  readonly runtime?: readonly Runtime[];
  readonly config?: string;
  readonly json: boolean;
}

/** The command `catalogue`, without its action. */
export function catalogueCommand(): Command {
  return defineCommand('catalogue [node|instance]', 'Show the pinned versions, or what is known about a host and why', {
    examples: [
      ['catalogue', 'every version with its checksums, and the rules for hosts'],
      [
        'catalogue --host ubuntu=24.04,kernel=6.8,containerd=2.1,kubernetes=1.34,arch=arm64',
        'which versions are proven, refused or unknown on such a host',
      ],
      [`catalogue ip-10-0-0-4 --runtime ${exampleRuntime}`, 'the same for the host that a node reported'],
    ],
    json: {
      'airlock catalogue --json': CatalogueSchema,
      'airlock catalogue --host … --json': HostReportSchema,
    },
  })
    .option(
      '--host <facts>',
      'facts about a host, with commas: ubuntu or os, kernel, containerd, kubernetes, arch, cgroup',
      readHost,
    )
    .option('--runtime <name>', 'only this runtime (repeatable)', collectRuntime)
    .option('--config <file>', 'another airlock.yaml');
}

/** The command `catalogue update`, without its action. */
export function catalogueUpdateCommand(): Command {
  return defineCommand('update', 'Pin a copy of another catalogue in your repository, with the differences to review', {
    examples: [
      ['catalogue update --from https://example.com/airlock/catalogue.yaml --dry-run', 'show the differences only'],
      ['catalogue update --from catalogue.yaml', 'pin a file that you changed by hand'],
    ],
    json: { 'airlock catalogue update --json': CatalogueUpdateSchema },
  })
    .requiredOption('--from <file|url>', 'the catalogue: a file or an https address')
    .option('--sha256 <hash>', 'the SHA-256 that it must have', readHash)
    .option('--to <file>', 'the copy, below the folder of airlock.yaml (default: the present copy, or catalogue.yaml)')
    .addOption(new Option('--dry-run', 'write nothing').default(false))
    .option('--config <file>', 'another airlock.yaml');
}

function readHash(value: string): string {
  if (!/^[0-9a-f]{64}$/.test(value)) throw new InvalidArgumentError('Accepted: 64 hexadecimal digits in lower case.');
  return value;
}

function collectRuntime(value: string, earlier: readonly Runtime[] = []): readonly Runtime[] {
  const known = runtimes.find((one) => one === value);
  if (known === undefined) throw new InvalidArgumentError(`Accepted: ${runtimes.join(', ')}.`);
  return [...earlier, known];
}
