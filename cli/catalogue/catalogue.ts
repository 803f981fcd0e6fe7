import type { HostFacts } from '../../domain/host-verdict.ts';
import { launchTimeOf } from '../../domain/ledger.ts';
import type { Runtime } from '../../domain/runtimes.ts';
import { loadSettings } from '../../lib/config/settings.ts';
import { CouldNotLook, UsageError } from '../output/errors.ts';
import { type ExitCode, exitCodes } from '../output/exit-codes.ts';
import { printJson } from '../output/json.ts';
import type { CatalogueOptions } from './options.ts';
import { printCatalogue, printHostReport } from './print.ts';
import { canRunDefaults, catalogueReport, hostReport } from './reports.ts';
import { CatalogueSchema, HostReportSchema } from './schemas.ts';

/**
 * `airlock catalogue`: the pinned versions, or what is known about a host. A default version that is refused on the host counts as a finding.
 *
 * @param node the node or instance whose receipt has the facts about the host
 * @throws UsageError or ConfigError; CouldNotLook if the ledger has no facts about the node's host
 */
export async function catalogue(node: string | undefined, options: CatalogueOptions): Promise<ExitCode> {
  if (node !== undefined && options.host !== undefined) {
    throw new UsageError(`option '--host' is given with ${node}; accepted: one of them`);
  }
  const settings = loadSettings({ config: options.config });
  const runtimes = options.runtime ?? (Object.keys(settings.config.runtimes) as Runtime[]);
  const host = node === undefined ? options.host : await hostOf(node);
  if (host === undefined) {
    const report = catalogueReport(runtimes, settings);
    if (options.json) printJson(CatalogueSchema, report);
    else printCatalogue(report);
    return exitCodes.fine;
  }
  const report = hostReport(runtimes, { node: node ?? '', host }, settings);
  if (options.json) printJson(HostReportSchema, report);
  else printHostReport(report);
  return canRunDefaults(report) ? exitCodes.fine : exitCodes.findings;
}

/** The facts about a node's host in the receipt of its latest launch. What they need is loaded only here. */
async function hostOf(name: string): Promise<HostFacts> {
  const { DynamoDBClient } = await import('@aws-sdk/client-dynamodb');
  const { readRuns } = await import('../explain/read-launch.ts');
  const { deployedResources, resourceLike } = await import('../verify-aws/stack.ts');
  const table = resourceLike(await deployedResources(), 'AWS::DynamoDB::Table', 'Ledger').physicalId;
  const runs = await readRuns({ dynamoDb: new DynamoDBClient(), table }, name);
  const ordered = runs.toSorted((one, other) => launchTimeOf(other).localeCompare(launchTimeOf(one)));
  const found = ordered.map(({ receipt, installation }) => (receipt?.installation ?? installation)?.host);
  const host = found.find((one) => one !== undefined);
  if (host !== undefined) {
    const { os, kernel, arch, containerd, configVersion, cgroup } = host;
    return { os, kernel, arch, containerd, config: String(configVersion), cgroup };
  }
  const seen = runs.length === 0 ? `has no launch of ${name}` : `has no facts about the host of ${name}`;
  throw new CouldNotLook(
    `the ledger ${seen}; accepted: a node that was installed, or --host ubuntu=24.04,containerd=2.1`,
  );
}
