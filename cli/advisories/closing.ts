import { readFileSync } from 'node:fs';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { EC2Client } from '@aws-sdk/client-ec2';
import * as v from 'valibot';
import { type Advisory, advisoryMark } from '../../domain/advisories.ts';
import { type ClosingInput, closeAdvisory, listUnseen } from '../../domain/closing-report.ts';
import { terminationStates } from '../../domain/events.ts';
import { listExposures } from '../../domain/exposure.ts';
import { type RunRecord, runId } from '../../domain/ledger.ts';
import { OpenVexSchema, openVex } from '../../domain/open-vex.ts';
import { rebuildRuns } from '../../domain/trail.ts';
import { instancesOf } from '../../lambdas/adapters/instances.ts';
import { loadSettings, type Settings } from '../../lib/config/settings.ts';
import { writePage } from '../html/page.ts';
import { UsageError } from '../output/errors.ts';
import { type ExitCode, exitCodes } from '../output/exit-codes.ts';
import { printJson } from '../output/json.ts';
import { print } from '../output/text.ts';
import { readKeys } from '../receipt/check.ts';
import { connectFleet } from '../status/connect.ts';
import type { FleetReading } from '../status/fleet.ts';
import { readFleet } from '../status/read-fleet.ts';
import { deployedResources, resourceLike } from '../verify-aws/stack.ts';
import { printClosing } from './closing-print.ts';
import { factsIn, readTrailFacts, type TrailFacts } from './closing-read.ts';
import { type ClosingReport, ClosingReportSchema, closingReport } from './closing-schema.ts';
import { exposureOfRuns, fleetNodes } from './fleet-nodes.ts';
import { signatureOf } from './signature.ts';

/** What `airlock advisories --report` is asked for. */
export interface ClosingOptions {
  readonly config?: string;
  readonly json: boolean;
  /** The file that the page is written to. */
  readonly html?: string;
  /** The file that the OpenVEX document is written to. */
  readonly vex?: string;
  /** Files with public keys, against which signed receipts are checked. */
  readonly key: readonly string[];
}

/**
 * `airlock advisories --report`: when each node was exposed to an advisory and fixed, by which proof, and what is left.
 *
 * @throws UsageError if there is no such advisory
 */
export async function closing(id: string | undefined, options: ClosingOptions): Promise<ExitCode> {
  const settings = loadSettings({ config: options.config });
  const found = advisoryOf(id, settings);
  const keys = options.key.flatMap(keysIn);
  const resources = await deployedResources();
  const source = await connectFleet(settings.config);
  const reading = await readFleet(source);
  const stateMachine = resourceLike(resources, 'AWS::StepFunctions::StateMachine').physicalId;
  const group = resourceLike(resources, 'AWS::Logs::LogGroup', 'Audit').physicalId;
  const { trail, unread } = await tryTrail(group);
  const now = Date.now();
  const input = joinFacts({ ...found, reading, trail, settings, keys, now });
  const { running, unasked } = await tryRunning(source.ec2, listUnseen(input));
  const notChecked = [...reading.notChecked, ...unread, ...unasked];
  const nodes = closeAdvisory({ ...input, running });
  const refusedSince = firstRefusal(input);
  const mark = resources.find(({ logicalId }) => logicalId === advisoryMark(found.advisory.id));
  const context = {
    ...found,
    knownSince: mark?.changedAt ?? '',
    refusedSince,
    at: new Date(now).toISOString(),
    notChecked,
  };
  const report = closingReport(nodes, context);
  if (options.html !== undefined) {
    const { closingPage } = await import('./closing-page.ts');
    writePage(options.html, closingPage(report));
  }
  if (options.vex !== undefined) {
    const document = v.parse(OpenVexSchema, openVex(nodes, { ...context, stateMachine }));
    writePage(options.vex, `${JSON.stringify(document, undefined, 2)}\n`, '--vex');
  }
  if (options.json) printJson(ClosingReportSchema, report);
  else printClosing(report);
  for (const file of [options.html, options.vex]) if (file !== undefined && !options.json) print(`\nwrote ${file}`);
  return closingExitCode(report);
}

/** The exit code: a node that is left because nothing is known of it could not be looked at. */
export function closingExitCode({ nodes, notChecked }: ClosingReport): ExitCode {
  const left = nodes.filter((node) => node.left !== '');
  if (left.some(({ state }) => state !== 'unknown')) return exitCodes.findings;
  return left.length > 0 || notChecked.length > 0 ? exitCodes.couldNotLook : exitCodes.fine;
}

/** What the closing of an advisory is joined from. */
interface ClosingFacts {
  readonly runtime: string;
  readonly advisory: Advisory;
  readonly reading: FleetReading;
  readonly trail: TrailFacts;
  readonly settings: Pick<Settings, 'config' | 'catalogue'>;
  readonly keys: Parameters<typeof signatureOf>[2]['keys'];
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Joins the ledger, the clusters and the audit trail. The ledger decides about a run that it still has. */
export function joinFacts(facts: ClosingFacts): Omit<ClosingInput, 'running'> {
  const { runtime, advisory, reading, trail, settings, keys, now } = facts;
  const known = new Set(reading.runs.map(keyOf));
  const forgotten = rebuildRuns(trail.events).filter((run) => !known.has(keyOf(run)));
  const runs = [...reading.runs, ...forgotten];
  return {
    ...{ runtime, advisory, runs },
    nodes: fleetNodes({ ...reading, runs }, settings, now),
    surveyed: new Set(reading.surveys.keys()),
    terminated: trail.terminated,
    exposureOf: exposureOfRuns(advisory, settings),
    signatureOf: (run) => signatureOf(run, trail.signed.get(keyOf(run)), { keys, catalogue: settings.catalogue, now }),
  };
}

/** The key of a run in the ledger and in {@link TrailFacts}. */
const keyOf = ({ instanceId, launchedAt }: RunRecord) => runId({ instanceId, launchedAt });

/** When a launch was first refused because of the advisory; empty if none that is known was. */
export function firstRefusal({ runs, advisory: { id } }: Pick<ClosingInput, 'runs' | 'advisory'>): string {
  const refused = runs.filter(
    ({ outcome, receipt }) => outcome === 'version-withdrawn' && receipt?.detail.includes(id) === true,
  );
  return refused.flatMap(({ endedAt }) => endedAt ?? []).toSorted()[0] ?? '';
}

/** The limit of one filter of DescribeInstances. */
const idsPerCall = 200;

/**
 * Asks EC2 which instances run.
 *
 * @returns the launch times of those that neither stop nor go away, by their IDs
 */
export async function readRunning(ec2: EC2Client, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const running = new Map<string, string>();
  for (let at = 0; at < ids.length; at += idsPerCall) {
    for (const { instanceId, state, launchedAt } of await instancesOf(ids.slice(at, at + idsPerCall), ec2))
      if (!terminationStates.includes(state)) running.set(instanceId, launchedAt);
  }
  return running;
}

async function tryRunning(
  ec2: EC2Client,
  ids: readonly string[],
): Promise<{ readonly running: ClosingInput['running']; readonly unasked: FleetReading['notChecked'] }> {
  try {
    return { running: await readRunning(ec2, ids), unasked: [] };
  } catch (error) {
    const unasked = [{ resource: 'the instances that have no Node', reason: (error as Error).message }];
    return { running: undefined, unasked };
  }
}

async function tryTrail(group: string): Promise<{ trail: TrailFacts; unread: FleetReading['notChecked'] }> {
  try {
    return { trail: await readTrailFacts(new CloudWatchLogsClient({ maxAttempts: 10 }), group), unread: [] };
  } catch (error) {
    const reason = (error as Error).message;
    return { trail: factsIn([]), unread: [{ resource: `the audit log group ${group}`, reason }] };
  }
}

/** @throws UsageError if the catalogue does not have the advisory */
function advisoryOf(id: string | undefined, { catalogue }: Pick<Settings, 'catalogue'>) {
  const all = listExposures([], catalogue);
  const found = all.find(({ advisory }) => advisory.id === id);
  if (found !== undefined) return { runtime: found.runtime, advisory: found.advisory };
  const seen = id === undefined ? 'without an advisory' : `with ${JSON.stringify(id)}`;
  throw new UsageError(
    `option '--report' is given ${seen}; accepted: one of ${all.map(({ advisory }) => advisory.id).join(', ')}`,
  );
}

function keysIn(file: string) {
  try {
    return readKeys(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new UsageError(`--key ${file}: ${(cause as Error).message}`, { cause });
  }
}
