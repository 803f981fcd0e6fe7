import * as v from 'valibot';
import type { Scope } from './breaker.ts';
import { claim } from './claim-text.ts';
import { InstanceIdSchema, type Launch, type Request } from './launch.ts';
import type { Admission } from './messages.ts';
import type { Failure, Installation, Receipt } from './receipt.ts';
import { TimeSchema } from './time.ts';

/** The source of every event that Airlock puts on the bus. */
export const source = 'airlock';

/** How an event identifies its launch. */
export type LaunchRef = Pick<Launch, 'instanceId' | 'launchedAt' | 'cluster' | 'pool'>;

/** The events that Airlock publishes on its bus and so in the audit log group: the detail of each detail-type. */
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
  /** The instance was terminated so that another is launched. */
  'Node Replaced': Receipt;
  /** The breaker was open: the node keeps its gate, and nothing else was done. */
  'Node Held': Receipt;
  'Launch Discarded': Receipt;
  /** A released node had drifted, was re-verified and is open again. */
  'Node Reverified': Receipt;
  /** A released node had drifted and could not be re-verified. The receipt states whether its gate came back. */
  'Reverification Failed': Receipt;
  /** New launches of its pool get another version. The node itself is not changed. */
  'Node Outdated': {
    readonly launch: LaunchRef;
    readonly version: string;
    readonly configured: string;
    readonly at: string;
  };
  'Breaker Opened': Scope & { readonly failed: number; readonly passed: number; readonly at: string };
  'Breaker Closed': Scope & { readonly by: 'a release' | 'an operator'; readonly at: string };
}

/** The detail-type of an Airlock event. */
export type DetailType = keyof EventDetails;

/** One Airlock event. */
export type AirlockEvent = {
  readonly [T in DetailType]: { readonly type: T; readonly detail: EventDetails[T] };
}[DetailType];

/** Picks the fields that identify a launch in an event. */
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

/** A launch as EC2's event reports it: no tags, no image, no group. */
export interface LaunchEvent {
  readonly instanceId: string;
  readonly at: string;
}

/** A claim that an instance goes away. EC2 is asked before anything is done about it. */
export interface Termination {
  readonly instanceId: string;
  readonly at: string;
}

/** The states of an instance that end its launch. */
export const terminationStates: readonly string[] = ['shutting-down', 'terminated', 'stopping', 'stopped'];

/** The end of a command on one instance, as SSM's event reports it. */
export interface CommandEnd {
  readonly commandId: string;
  readonly instanceId: string;
}

/**
 * Reads "EC2 Instance State-change Notification". Returns undefined for any other text and for any state but running.
 */
export function readLaunchEvent(text: string): LaunchEvent | undefined {
  const event = read(StateChangeSchema, text);
  if (event?.detail.state !== 'running') return undefined;
  return { instanceId: event.detail['instance-id'], at: event.time };
}

/** Reads an event that reports the end of a launch. Returns undefined for any other text. */
export function readTermination(text: string): Termination | undefined {
  const change = read(StateChangeSchema, text);
  if (change === undefined || !terminationStates.includes(change.detail.state)) return undefined;
  return { instanceId: change.detail['instance-id'], at: change.time };
}

/**
 * Builds the event that EC2 publishes for an instance that goes away, for a part of Airlock that noticed this without
 * one.
 */
export function terminationEvent(instanceId: string, state: string, at: string): string {
  const { source: from, 'detail-type': type } = StateChangeSchema.entries;
  const detail = { 'instance-id': instanceId, state };
  return JSON.stringify({ source: from.literal, 'detail-type': type.literal, time: at, detail });
}

/** Reads "EC2 Command Invocation Status-change Notification". Returns undefined for any other text. */
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
