import * as v from 'valibot';
import { claim } from './claim-text.ts';
import {
  type Actor,
  type AirlockEvent,
  type DetailType,
  type EventDetails,
  eventSchemaVersion,
} from './event-schema.ts';
import { InstanceIdSchema, type Launch } from './launch.ts';
import { TimeSchema } from './time.ts';

/** The source of every event that Airlock puts on the bus. */
export const source = 'airlock';

/** An event before its publisher stamps it: what happened, without who did it. */
export type EventDraft = {
  readonly [T in DetailType]: { readonly type: T; readonly detail: Omit<EventDetails[T], 'schema' | 'actor'> };
}[DetailType];

/** Completes an event with the version of its schema, and who did it. */
export function stampEvent({ type, detail }: EventDraft, actor: Actor): AirlockEvent {
  return { type, detail: { schema: eventSchemaVersion, actor, ...detail } } as AirlockEvent;
}

/** How an event identifies its launch, and the run in it. */
export type LaunchRef = Pick<Launch, 'instanceId' | 'launchedAt' | 'cluster' | 'pool' | 'nodeName' | 'imageId'> & {
  readonly run: number;
};

/** Picks the fields that identify a launch in an event. */
export function launchRef({ instanceId, launchedAt, cluster, pool, nodeName, imageId, rerun }: Launch): LaunchRef {
  const image = imageId === undefined ? {} : { imageId };
  return { instanceId, launchedAt, cluster, pool, nodeName, ...image, run: rerun?.attempt ?? 0 };
}

/** The time between two points, in whole milliseconds; 0 if clocks disagree about their order. */
export function msBetween(from: string, to: string): number {
  return Math.max(0, Date.parse(to) - Date.parse(from));
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
