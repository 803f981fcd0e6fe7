import { departedStates } from '../../domain/events.ts';
import { hasProfile } from '../../domain/instance-profiles.ts';
import type { Launch } from '../../domain/launch.ts';
import { launchTimeOf, type RunRecord } from '../../domain/ledger.ts';
import { endingOf } from '../../domain/outcomes.ts';
import { type Pools, policyOf, profilesOf } from '../../domain/pools.ts';
import type { Receipt } from '../../domain/receipt.ts';
import { runtimeTag, type Tags } from '../../domain/tags.ts';

/** An instance as EC2 shows it. */
export interface Shown {
  readonly state: string;
  readonly launchedAt: string;
  /** The ARN of its instance profile. */
  readonly instanceProfile?: string | undefined;
  readonly tags: Tags;
}

/** All that speaks for or against the end of an instance. */
export interface Evidence {
  readonly launch: Launch;
  /** What the ledger has; undefined if it has nothing. */
  readonly run: RunRecord | undefined;
  /** The row of the launch's first way, which is the same unless the node goes its way again. */
  readonly first: RunRecord | undefined;
  readonly pools: Pools;
  /** What EC2 shows; undefined if it does not know the instance. */
  readonly instance: Shown | undefined;
  /** What the cluster said of the Node. */
  readonly receipt: Receipt;
}

/** Whether the launch is over: EC2 does not know the instance, shows another launch of it, or a state that ends one. */
export function isGone({ launchedAt }: Pick<Launch, 'launchedAt'>, instance: Shown | undefined): boolean {
  if (instance === undefined || departedStates.includes(instance.state)) return true;
  return Date.parse(instance.launchedAt) !== Date.parse(launchedAt);
}

/**
 * Whether an instance may be one that an autoscaler launched as a node: it has an instance profile of its pool's nodes. Without any that is
 * configured nothing tells a node from an instance that someone tagged.
 */
export function isNode(
  { cluster, pool }: Pick<Launch, 'cluster' | 'pool'>,
  instance: Shown | undefined,
  pools: Pools,
): boolean {
  return hasProfile(instance?.instanceProfile, profilesOf(pools, cluster, pool) ?? []);
}

/** Whether a launch was admitted when its own deadline had passed: its time counts from then on. Such an instance may have been in service before. */
function wasLate({ launch: node, launchedAt }: RunRecord, pools: Pools): boolean {
  if (node === undefined) return true;
  const had = Date.parse(node.deadline) - Date.parse(launchTimeOf({ launchedAt }));
  return had > policyOf(pools, node.pool).deadlineMinutes * 60_000;
}

type Guard = (evidence: Evidence) => string | undefined;

/** Each names a reason to leave the instance alone. What no one can say for certain is a reason too. */
const guards: readonly Guard[] = [
  ({ run: row }) => (row?.admittedAt === undefined ? 'the launch is not in the ledger' : undefined),
  ({ run: row }) =>
    row?.outcome !== undefined && endingOf(row.outcome) === 'done' ? 'the ledger says that it was released' : undefined,
  ({ run: row }) => (row?.outcome !== undefined ? `the ledger says that it has ended: ${row.outcome}` : undefined),
  ({ receipt }) => (endingOf(receipt.outcome) === 'done' ? 'its Node carries the receipt of a release' : undefined),
  ({ receipt }) =>
    receipt.gate === 'put-back' || receipt.gate === 'returned' ? 'its gate had been lifted in this launch' : undefined,
  ({ receipt }) => (receipt.gate === undefined ? 'the cluster did not say whether its gate was lifted' : undefined),
  ({ first, pools }) =>
    first === undefined || wasLate(first, pools) ? 'its launch was found after its deadline' : undefined,
  ({ instance }) => (instance?.tags[runtimeTag] === undefined ? `it has no tag ${runtimeTag}` : undefined),
  ({ launch: node, instance, pools }) =>
    isNode(node, instance, pools) ? undefined : 'it has no instance profile of a node',
];

/** Why an instance must not be ended; undefined if it may be. */
export function replacementBlocker(evidence: Evidence): string | undefined {
  for (const guard of guards) {
    const reason = guard(evidence);
    if (reason !== undefined) return reason;
  }
  return undefined;
}
