import { terminationStates } from '../../domain/events.ts';
import { hasProfile } from '../../domain/instance-profiles.ts';
import type { Launch } from '../../domain/launch.ts';
import { launchTimeOf, type RunRecord } from '../../domain/ledger.ts';
import { endingOf } from '../../domain/outcomes.ts';
import { type Pools, policyOf, profilesOf } from '../../domain/pools.ts';
import type { Receipt } from '../../domain/receipt.ts';
import { runtimeTag, type Tags } from '../../domain/tags.ts';

/** An instance as EC2 shows it. */
export interface InstanceStatus {
  readonly state: string;
  readonly launchedAt: string;
  /** The ARN of its instance profile. */
  readonly instanceProfile?: string | undefined;
  readonly tags: Tags;
}

/** All evidence for or against terminating an instance. */
export interface Evidence {
  readonly launch: Launch;
  /** The run record; undefined if there is none. */
  readonly run: RunRecord | undefined;
  /** The record of the launch's first run; the same as `run` unless that is a rerun. */
  readonly first: RunRecord | undefined;
  readonly pools: Pools;
  /** The instance in EC2; undefined if EC2 does not know it. */
  readonly instance: InstanceStatus | undefined;
  /** The cluster's answer about the Node. */
  readonly receipt: Receipt;
}

/** Whether the launch is over: EC2 does not know the instance, shows another launch of it, or a state that ends one. */
export function isGone({ launchedAt }: Pick<Launch, 'launchedAt'>, instance: InstanceStatus | undefined): boolean {
  if (instance === undefined || terminationStates.includes(instance.state)) return true;
  return Date.parse(instance.launchedAt) !== Date.parse(launchedAt);
}

/**
 * Whether an autoscaler may have launched the instance as a node: it has an instance profile of its pool's nodes.
 * Without a configured profile, a node cannot be distinguished from any other tagged instance.
 */
export function isNode(
  { cluster, pool }: Pick<Launch, 'cluster' | 'pool'>,
  instance: InstanceStatus | undefined,
  pools: Pools,
): boolean {
  return hasProfile(instance?.instanceProfile, profilesOf(pools, cluster, pool) ?? []);
}

/**
 * Whether a launch was admitted after its original deadline, so that its time counts from then. Such an instance may
 * have been in service before.
 */
function wasLate({ launch, launchedAt }: RunRecord, pools: Pools): boolean {
  if (launch === undefined) return true;
  const had = Date.parse(launch.deadline) - Date.parse(launchTimeOf({ launchedAt }));
  return had > policyOf(pools, launch.pool).deadlineMinutes * 60_000;
}

/**
 * Whether a run ends a node that gave way in a rollout and whose sandboxes had their time. Reconcile wrote this into
 * the run record before the run began: no node, tag or message can.
 */
export function hasHadItsTime({
  launch,
  refused,
  failure,
}: Pick<RunRecord, 'launch' | 'refused' | 'failure'>): boolean {
  const isPlanned = launch?.rerun?.why === 'rollout' && refused?.outcome === 'disruption-wait-over';
  return isPlanned && failure?.outcome === 'disruption-wait-over';
}

type Guard = (evidence: Evidence) => string | undefined;

/** Each guard names a reason to keep the instance. Uncertainty is a reason too. */
const guards: readonly Guard[] = [
  ({ run }) => (run?.admittedAt === undefined ? 'the launch is not in the ledger' : undefined),
  ({ run }) =>
    run?.outcome !== undefined && endingOf(run.outcome) === 'done' ? 'its run record has a release' : undefined,
  ({ run }) => (run?.outcome !== undefined ? `its run has ended: ${run.outcome}` : undefined),
  ({ receipt }) => (endingOf(receipt.outcome) === 'done' ? 'its Node has the receipt of a release' : undefined),
  ({ run, receipt }) =>
    (receipt.gate === 'put-back' || receipt.gate === 'returned') && !(run !== undefined && hasHadItsTime(run))
      ? 'its gate had been lifted in this launch'
      : undefined,
  ({ receipt }) => (receipt.gate === undefined ? 'the cluster did not report whether its gate was lifted' : undefined),
  ({ first, pools }) =>
    first === undefined || wasLate(first, pools) ? 'its launch was found after its deadline' : undefined,
  ({ instance }) => (instance?.tags[runtimeTag] === undefined ? `it has no tag ${runtimeTag}` : undefined),
  ({ launch, instance, pools }) =>
    isNode(launch, instance, pools) ? undefined : 'it does not have the instance profile of a node',
];

/** Why an instance must not be terminated; undefined if it may be. */
export function replacementBlocker(evidence: Evidence): string | undefined {
  for (const guard of guards) {
    const reason = guard(evidence);
    if (reason !== undefined) return reason;
  }
  return undefined;
}
