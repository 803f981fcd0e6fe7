import * as v from 'valibot';
import { claim } from './claim-text.ts';
import { runtimes } from './runtimes.ts';
import { TimeSchema } from './time.ts';

/** The ID of an EC2 instance, in today's form or the one from before 2016. */
export const InstanceIdSchema = v.pipe(v.string(), v.regex(/^i-([0-9a-f]{8}|[0-9a-f]{17})$/));

/** One EC2 instance in one launch, with what the functions need to know about it. */
export const LaunchSchema = v.object({
  instanceId: InstanceIdSchema,
  /** The launch time that EC2 reports. A stop and a start make a new launch. */
  launchedAt: TimeSchema,
  cluster: claim(255),
  /** The Karpenter NodePool, managed node group or Auto Scaling group; empty if no tag names one. */
  pool: claim(255),
  /** The expected name of the Kubernetes Node: the instance's private DNS name. */
  nodeName: claim(255),
  /** `aws:///<availability zone>/<instance id>`, as the cloud provider sets it on the Node. */
  providerId: claim(200),
  /** The image that the instance was launched from, as EC2 shows it. It decides nothing. */
  imageId: v.optional(claim(64)),
  /** When the launch must have ended. */
  deadline: TimeSchema,
  /** The Auto Scaling group that replaces the instance, if its pool is one and not a node group or a NodePool. */
  group: v.optional(v.string()),
  /** The launch hook that waits for the node, as configured for the pool in `airlock.yaml`, and the hook's group. */
  hook: v.optional(v.object({ name: v.string(), group: v.string() })),
  /**
   * Present if the Node may be open: it is closed first. An earlier launch of the instance was admitted, or a rollout
   * changes its version.
   */
  relaunched: v.optional(v.literal(true)),
  /** Present if this is not the launch's first run. */
  rerun: v.optional(
    v.object({
      /**
       * `drifted`: the proof no longer holds, and the node is re-verified. `held`: the breaker held the node, and it is
       * tried again. `verify` and `retry`: an operator asked for the one or the other. `rollout`: the node gets
       * another version, or makes room for a node that has it.
       */
      why: v.picklist(['drifted', 'held', 'verify', 'retry', 'rollout']),
      /** The number of the run after the first. */
      attempt: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(9_999)),
      /** Whether it was released in this launch: then pods may run there, and it is not terminated. */
      released: v.boolean(),
      /** What was observed, for people. */
      reason: claim(),
      /** The version that the node had, and the one that its pool gets, if a rollout is the reason. */
      was: v.optional(claim(80)),
      to: v.optional(claim(80)),
    }),
  ),
});

export type Launch = v.InferOutput<typeof LaunchSchema>;

/**
 * The time kept for cleanup, in seconds: to end a running command, to mark the Node and to have it replaced. All work
 * on a node stops this long before its deadline, so that the launch ends in time.
 */
export const cleanupReserveSeconds = 90;

/** When work on a node stops, in milliseconds since the epoch. */
export function workDeadline({ deadline }: Pick<Launch, 'deadline'>): number {
  return Date.parse(deadline) - cleanupReserveSeconds * 1_000;
}

/** The runtime and version that a node requests. */
export const RequestSchema = v.object({ runtime: v.picklist(runtimes), version: claim(80) });

export type Request = v.InferOutput<typeof RequestSchema>;

/** The purpose in the name of a rerun's execution, by the reason for the rerun. */
const purposes = {
  drifted: 'reverify',
  held: 'retry',
  verify: 'reverify',
  retry: 'retry',
  rollout: 'rollout',
} as const;

/** Whether a run only repeats the proof of a released node. */
export function isReverification({ rerun }: Pick<Launch, 'rerun'>): boolean {
  return rerun !== undefined && purposes[rerun.why] === 'reverify';
}

/**
 * Names the execution of a run. The name of a closed execution stays reserved for 90 days, so someone could occupy a
 * name that can be guessed. So part of the name is random, chosen once and kept in the run record.
 *
 * @param drawn random text, at most 30 characters
 */
export function executionOf(launch: Pick<Launch, 'instanceId' | 'launchedAt' | 'rerun'>, drawn: string): string {
  const { rerun } = launch;
  return rerun === undefined
    ? named(launch, 'install', 1, drawn)
    : named(launch, purposes[rerun.why], rerun.attempt, drawn);
}

/** Names the execution that ends a run whose own execution wrote no end, like {@link executionOf}. */
export function endExecutionOf(launch: Pick<Launch, 'instanceId' | 'launchedAt' | 'rerun'>, drawn: string): string {
  return named(launch, 'end', 1 + (launch.rerun?.attempt ?? 0), drawn);
}

function named(
  { instanceId, launchedAt }: Pick<Launch, 'instanceId' | 'launchedAt'>,
  purpose: string,
  attempt: number,
  drawn: string,
) {
  return `${instanceId}-${Math.floor(Date.parse(launchedAt) / 1000)}-${purpose}-${attempt}-${drawn}`;
}

/** Builds the `spec.providerID` of an instance's Node. */
export function providerId(availabilityZone: string, instanceId: string): string {
  return `aws:///${availabilityZone}/${instanceId}`;
}
