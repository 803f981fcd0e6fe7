import * as v from 'valibot';
import { claim } from './claim-text.ts';
import { runtimes } from './runtimes.ts';
import { TimeSchema } from './time.ts';

/** The id of an EC2 instance, in the form of today or that of before 2016. */
export const InstanceIdSchema = v.pipe(v.string(), v.regex(/^i-([0-9a-f]{8}|[0-9a-f]{17})$/));

/** One EC2 instance in one launch, with what the functions need to know of it. */
export const LaunchSchema = v.object({
  instanceId: InstanceIdSchema,
  /** The launch time that EC2 shows: a stop and a start make another launch, and so another node. */
  launchedAt: TimeSchema,
  cluster: claim(255),
  /** The Karpenter NodePool, managed node group or Auto Scaling group; empty if no tag names one. */
  pool: claim(255),
  /** The name that the Kubernetes Node should have: the instance's private DNS name. */
  nodeName: claim(255),
  /** `aws:///<availability zone>/<instance id>`, as the cloud provider writes it into the Node. */
  providerId: claim(200),
  /** Until when the node has to be at its end. */
  deadline: TimeSchema,
  /** The Auto Scaling group that replaces the instance, if its pool is one and no node group or NodePool stands before it. */
  group: v.optional(v.string()),
  /** The launch hook that waits for the node, as `airlock.yaml` names it for the pool, with the group that the hook belongs to. */
  hook: v.optional(v.object({ name: v.string(), group: v.string() })),
  /** Present if an earlier launch of the instance was admitted: its Node may still be open, and is closed before anything else. */
  relaunched: v.optional(v.literal(true)),
  /** Present if the node has been at an end in this launch and goes its way again. */
  rerun: v.optional(
    v.object({
      /** `drifted`: what it was released for is gone, and it is re-verified. `held`: the breaker held it, and it is tried again. */
      why: v.picklist(['drifted', 'held']),
      /** Which of its ways after the first this is. */
      attempt: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(9_999)),
      /** Whether it was released in this launch: pods may run there, and it is not ended. */
      released: v.boolean(),
      /** What was seen, for people. */
      reason: claim(),
    }),
  ),
});

/** One EC2 instance in one launch. */
export type Launch = v.InferOutput<typeof LaunchSchema>;

/**
 * What the way out takes at most, in seconds: to end a command that still runs, to mark the Node and to have it replaced. Whatever is tried
 * for a node ends this long before its deadline, so that its end is not later than that.
 */
export const cleanupReserveSeconds = 90;

/** Until when something may be tried for a node, in milliseconds since the epoch. */
export function workDeadline({ deadline }: Pick<Launch, 'deadline'>): number {
  return Date.parse(deadline) - cleanupReserveSeconds * 1_000;
}

/** Which release of which runtime a node should have. */
export const RequestSchema = v.object({ runtime: v.picklist(runtimes), version: claim(80) });

/** Which release of which runtime a node should have. */
export type Request = v.InferOutput<typeof RequestSchema>;

/** How the execution of a way is called, by why a node goes it again. */
const purposes = { drifted: 'reprove', held: 'retry' } as const;

/**
 * Names the execution of one way of a node. A closed name stays reserved for 90 days, so one that could be guessed could be taken before the node
 * is there: the name is drawn once, and the row of the way keeps it.
 *
 * @param drawn what no one can guess, at most 30 characters
 */
export function executionOf(launch: Pick<Launch, 'instanceId' | 'launchedAt' | 'rerun'>, drawn: string): string {
  const { rerun } = launch;
  return rerun === undefined
    ? named(launch, 'install', 1, drawn)
    : named(launch, purposes[rerun.why], rerun.attempt, drawn);
}

/** Names the execution that ends a way which its own execution left without an end, as {@link executionOf} does. */
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

/** The `spec.providerID` of the Node that an instance becomes. */
export function providerId(availabilityZone: string, instanceId: string): string {
  return `aws:///${availabilityZone}/${instanceId}`;
}
