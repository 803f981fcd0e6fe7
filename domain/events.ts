import * as v from 'valibot';
import type { Scope } from './breaker.ts';
import { claim } from './claim-text.ts';
import { InstanceIdSchema, type Launch, type Request } from './launch.ts';
import type { Admission } from './messages.ts';
import type { Failure, Installation, Receipt } from './receipt.ts';
import { TimeSchema } from './time.ts';

/** The source of every event that Airlock puts on the bus. */
export const source = 'airlock';

/** How an event names its node. */
export type LaunchRef = Pick<Launch, 'instanceId' | 'launchedAt' | 'cluster' | 'pool'>;

/** What Airlock tells the bus, and so the audit log group: the detail of each detail-type. */
export interface EventDetails {
  'Node Admitted': Admission & { readonly execution: string };
  'Command Sent': {
    readonly launch: LaunchRef;
    readonly request: Request;
    readonly commandId: string;
    readonly document: string;
    readonly onlineAt: string;
    readonly at: string;
  };
  'Node Proven': { readonly launch: LaunchRef; readonly installation: Installation };
  'Installation Failed': {
    readonly launch: LaunchRef;
    readonly failure: Failure;
    readonly commandId: string;
    readonly at: string;
  };
  'Node Released': Receipt;
  'Node Quarantined': Receipt;
  /** The instance was ended, so that another is launched. */
  'Node Replaced': Receipt;
  /** The breaker was open: the node keeps its gate, and nothing else was done. */
  'Node Held': Receipt;
  'Launch Discarded': Receipt;
  /** A node that had been released in this launch and drifted since was re-verified, and is open. */
  'Node Reverified': Receipt;
  /** A node that had been released in this launch and drifted since was not re-verified; the receipt says whether its gate came back. */
  'Reverification Failed': Receipt;
  /** New launches of its pool would get another version; the node itself is left alone. */
  'Node Outdated': {
    readonly launch: LaunchRef;
    readonly version: string;
    readonly configured: string;
    readonly at: string;
  };
  'Breaker Opened': Scope & { readonly failed: number; readonly passed: number; readonly at: string };
  'Breaker Closed': Scope & { readonly by: 'a release' | 'an operator'; readonly at: string };
}

/** The detail-type of an event of ours. */
export type DetailType = keyof EventDetails;

/** One event of ours. */
export type AirlockEvent = {
  readonly [T in DetailType]: { readonly type: T; readonly detail: EventDetails[T] };
}[DetailType];

/** Takes out of a node, or of its row, what an event says of it. */
export function launchRef({ instanceId, launchedAt, cluster, pool }: LaunchRef): LaunchRef {
  return { instanceId, launchedAt, cluster, pool };
}

const StateChangeSchema = v.object({
  source: v.literal('aws.ec2'),
  'detail-type': v.literal('EC2 Instance State-change Notification'),
  time: TimeSchema,
  detail: v.object({ 'instance-id': InstanceIdSchema, state: claim(40) }),
});

const InvocationSchema = v.object({
  source: v.literal('aws.ssm'),
  'detail-type': v.literal('EC2 Command Invocation Status-change Notification'),
  detail: v.object({
    'command-id': v.pipe(v.string(), v.uuid()),
    'document-name': claim(255),
    'instance-id': InstanceIdSchema,
    status: claim(40),
  }),
});

/** A launch as the EC2 event tells it: no tags, no image, no group. */
export interface LaunchEvent {
  readonly instanceId: string;
  readonly at: string;
}

/** An instance that goes away, as someone says: EC2 is asked before anything is done about it. */
export interface Departure {
  readonly instanceId: string;
  readonly at: string;
}

/** The states of an instance that end its launch. */
export const departedStates: readonly string[] = ['shutting-down', 'terminated', 'stopping', 'stopped'];

/** The end of a command on one instance, as the SSM event tells it. */
export interface CommandEnd {
  readonly commandId: string;
  readonly instanceId: string;
}

/** Reads "EC2 Instance State-change Notification"; undefined if the text is anything else or the state is not running. */
export function readLaunchEvent(text: string): LaunchEvent | undefined {
  const event = read(StateChangeSchema, text);
  if (event?.detail.state !== 'running') return undefined;
  return { instanceId: event.detail['instance-id'], at: event.time };
}

/** Reads an event that tells of the end of a launch; undefined if the text is anything else. */
export function readDeparture(text: string): Departure | undefined {
  const change = read(StateChangeSchema, text);
  if (change === undefined || !departedStates.includes(change.detail.state)) return undefined;
  return { instanceId: change.detail['instance-id'], at: change.time };
}

/** What EC2 should have told of an instance that is going away, for whoever saw it and was not told. */
export function departureOf(instanceId: string, state: string, at: string): string {
  const { source: from, 'detail-type': type } = StateChangeSchema.entries;
  const detail = { 'instance-id': instanceId, state };
  return JSON.stringify({ source: from.literal, 'detail-type': type.literal, time: at, detail });
}

/** Reads "EC2 Command Invocation Status-change Notification"; undefined if the text is anything else. */
export function readCommandEnd(text: string): CommandEnd | undefined {
  const event = read(InvocationSchema, text);
  return event && { commandId: event.detail['command-id'], instanceId: event.detail['instance-id'] };
}

function read<S extends v.GenericSchema>(schema: S, text: string): v.InferOutput<S> | undefined {
  try {
    const parsed = v.safeParse(schema, JSON.parse(text));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}
