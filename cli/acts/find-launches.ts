import { DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb';
import { newestRunOf, refusalSince } from '../../domain/act-order.ts';
import { refusalOf } from '../../domain/act-refusals.ts';
import type { RunRecord } from '../../domain/ledger.ts';
import type { ActName } from '../../domain/operator-acts.ts';
import { isOutcome } from '../../domain/outcomes.ts';
import { parseRunRecord } from '../../domain/run-record.ts';
import { runtimeTag } from '../../domain/tags.ts';
import { instancesOf, type SeenInstance } from '../../lambdas/adapters/instances.ts';
import { isGone } from '../../lambdas/remediation/guards.ts';
import { readRuns } from '../explain/read-launch.ts';
import { UsageError } from '../output/errors.ts';
import type { ActReach } from './reach.ts';
import { findUnrecorded } from './unrecorded.ts';

/** Which launches a command is about: one by its instance or node, or all that match. */
export interface Selection {
  readonly name?: string | undefined;
  readonly pool?: string | undefined;
  readonly outcome?: string | undefined;
  /** Whether every launch is chosen. */
  readonly all?: boolean | undefined;
  /** The clusters whose tagged instances count although the ledger has no record of them; by default none. */
  readonly clusters?: readonly string[];
}

/** A launch by its latest run, and why nothing can be done about it; the refusal is undefined if it can. */
export interface FoundLaunch {
  readonly run: RunRecord;
  readonly refusal: string | undefined;
}

/** The most ids of one filter of DescribeInstances. */
const idsPerCall = 200;

/** @throws UsageError if a selection names nothing, or both one launch and many */
export function checkSelection({ name, pool, outcome, all = false }: Selection): void {
  const many = pool !== undefined || outcome !== undefined || all;
  if (name === undefined && !many) {
    throw new UsageError('no node is named; accepted: the id of an instance, the name of a node, --pool or --outcome');
  }
  if (name !== undefined && many) {
    throw new UsageError(
      `${JSON.stringify(name)} is given with --pool or --outcome; accepted: one node, or a selection`,
    );
  }
  if (outcome !== undefined && !isOutcome(outcome)) {
    throw new UsageError(
      `option '--outcome' is ${JSON.stringify(outcome)}; accepted: a code from docs/operate/outcomes.md, for instance proof-failed`,
    );
  }
}

/**
 * Finds the launches that a command is about, and asks EC2 for their instances.
 *
 * @returns one launch that was named whatever its state, and of a selection only those that the act is possible for; an
 * uninstallation also has those under way,
 *   and the instances that the ledger does not know
 */
export async function findLaunches(act: ActName, reach: ActReach, selection: Selection): Promise<FoundLaunch[]> {
  const { name, pool, outcome, clusters = [] } = selection;
  const runs =
    name === undefined ? await latestRuns(reach) : (await readRuns(reach, name)).toSorted(byLaunch).slice(-1);
  const chosen = runs.filter(
    (run) => (pool === undefined || run.pool === pool) && (outcome === undefined || run.outcome === outcome),
  );
  const instances = await instancesIn(
    reach,
    chosen.map(({ instanceId }) => instanceId),
  );
  const found = chosen.map((run) => ({
    run,
    refusal: refusalOf(act, run) ?? goneReason(run, instances.get(run.instanceId)),
  }));
  if (name !== undefined) return found;
  // A runtime that is being installed now must not be left out of an uninstallation.
  const possible = found.filter(
    ({ run, refusal }) => refusal === undefined || (act === 'uninstall' && run.outcome === undefined),
  );
  if (clusters.length === 0) return possible;
  const recorded = new Set(runs.map(({ instanceId }) => instanceId));
  return [...possible, ...(await findUnrecorded(reach, { clusters, pool }, recorded))];
}

/**
 * Reads the newest run of a launch just before an act. A confirmation may have waited: what another operator did
 * meanwhile stays.
 */
export async function lookAgain(act: ActName, reach: ActReach, { run, refusal }: FoundLaunch): Promise<FoundLaunch> {
  if (refusal !== undefined) return { run, refusal };
  const latest = newestRunOf(run, await readRuns(reach, run.instanceId));
  return { run: latest, refusal: refusalSince(act, run, latest) };
}

/** Why the instance of a launch is out of reach; undefined if it is not. */
export function goneReason({ launch }: RunRecord, instance: SeenInstance | undefined): string | undefined {
  if (launch === undefined) return 'the ledger has no launch in its record';
  if (instance === undefined) return 'EC2 does not know its instance any more';
  if (isGone(launch, instance)) {
    const again = instance.state === 'running' ? `it was started again at ${instance.launchedAt}` : instance.state;
    return `its launch is over: the instance is ${again}`;
  }
  return instance.tags[runtimeTag] === undefined ? `its instance has lost the tag ${runtimeTag}` : undefined;
}

async function instancesIn({ ec2 }: ActReach, ids: readonly string[]): Promise<ReadonlyMap<string, SeenInstance>> {
  const found: SeenInstance[] = [];
  for (let from = 0; from < ids.length; from += idsPerCall) {
    found.push(...(await instancesOf(ids.slice(from, from + idsPerCall), ec2)));
  }
  return new Map(found.map((one) => [one.instanceId, one]));
}

/** The latest run of each instance in the ledger. */
async function latestRuns({ dynamoDb, table }: ActReach): Promise<readonly RunRecord[]> {
  const runs: RunRecord[] = [];
  const pages = paginateScan(
    { client: DynamoDBDocumentClient.from(dynamoDb) },
    {
      TableName: table,
      ConsistentRead: true,
      // The table also has records about breakers and agents.
      FilterExpression: 'begins_with(instanceId, :instance)',
      ExpressionAttributeValues: { ':instance': 'i-' },
    },
  );
  for await (const { Items = [] } of pages) runs.push(...Items.flatMap((item) => parseRunRecord(item) ?? []));
  return [...new Map(runs.toSorted(byLaunch).map((run) => [run.instanceId, run])).values()];
}

function byLaunch(one: RunRecord, other: RunRecord): number {
  return one.launchedAt < other.launchedAt ? -1 : 1;
}
