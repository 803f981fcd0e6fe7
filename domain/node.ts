import * as v from 'valibot';

/** Names of the runtimes that Airlock knows. */
export const runtimes = ['gvisor', 'kata', 'sysbox'] as const;

/** One of the runtimes that Airlock knows. */
export type Runtime = (typeof runtimes)[number];

const isoTime = v.pipe(v.string(), v.isoTimestamp());

/** One EC2 instance in one launch, with what the functions need to know of it. */
export const NodeSchema = v.object({
  instanceId: v.pipe(v.string(), v.regex(/^i-([0-9a-f]{8}|[0-9a-f]{17})$/)),
  /** The launch time that EC2 shows: a stop and a start make another launch, and so another node. */
  launchedAt: isoTime,
  cluster: v.string(),
  /** The Karpenter NodePool, managed node group or Auto Scaling group; empty where no tag names one. */
  pool: v.string(),
  /** The name that the Kubernetes Node should have: the instance's private DNS name. */
  nodeName: v.string(),
  /** `aws:///<availability zone>/<instance id>`, as the cloud provider writes it into the Node. */
  providerId: v.string(),
  /** Until when the node has to be at its end. */
  deadline: isoTime,
  /** The Auto Scaling group that replaces the instance, where its pool is one and no node group or NodePool stands before it. */
  group: v.optional(v.string()),
  /** The launch hook that waits for the node, as `airlock.yaml` names it for the pool, with the group that the hook belongs to. */
  hook: v.optional(v.object({ name: v.string(), group: v.string() })),
});

/** One EC2 instance in one launch. */
export type Node = v.InferOutput<typeof NodeSchema>;

/**
 * What the way out takes at most, in seconds: to end a command that still runs, to mark the Node and to have it replaced. Whatever is tried
 * for a node ends this long before its deadline, so that its end is not later than that.
 */
export const wayOutSeconds = 90;

/** Until when something may be tried for a node, in milliseconds since the epoch. */
export function triedUntil({ deadline }: Pick<Node, 'deadline'>): number {
  return Date.parse(deadline) - wayOutSeconds * 1_000;
}

/** Which release of which runtime a node shall have. */
export const RequestSchema = v.object({ runtime: v.picklist(runtimes), release: v.string() });

/** Which release of which runtime a node shall have. */
export type Request = v.InferOutput<typeof RequestSchema>;

/** Why a node goes its way: for an installation, or because its execution left it without an end. */
export type Purpose = 'install' | 'end';

/**
 * Names the execution of one node: a pure function of the launch, so that a repeated event is refused by Step Functions itself.
 *
 * @param attempt counts from 1; a closed name stays reserved for 90 days
 */
export function executionName(instanceId: string, launchedAt: string, purpose: Purpose, attempt: number): string {
  return `${instanceId}-${Math.floor(Date.parse(launchedAt) / 1000)}-${purpose}-${attempt}`;
}

/** The `spec.providerID` of the Node that an instance becomes. */
export function providerId(availabilityZone: string, instanceId: string): string {
  return `aws:///${availabilityZone}/${instanceId}`;
}
