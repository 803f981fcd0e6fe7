/**
 * Events, their targets and deliveries:
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-event-delivery.html
 */

import type { Clock } from '../../clock.ts';
import type { Aws, Principal } from '../../gateway/service.ts';

/** An event as the bus delivers it. */
export interface BusEvent {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  /** UTC, to the second. */
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
}

/** How a rule changes an event for a target. */
export interface InputTransformer {
  /** JSON paths by the names of variables. */
  readonly InputPathsMap: Readonly<Record<string, string>>;
  readonly InputTemplate: string;
}

/** A rule's target. */
export interface Target {
  readonly id: string;
  readonly arn: string;
  /** The role with which the bus calls the target, if its kind needs one. */
  readonly roleArn?: string | undefined;
  /** A constant that the target receives in place of the event. */
  readonly input?: string | undefined;
  /** How the event is changed for the target. */
  readonly transformer?: InputTransformer | undefined;
  readonly deadLetterArn?: string | undefined;
  /** How often delivery is retried, and how old the event may be then, in seconds. */
  readonly retries: number;
  readonly maximumAge: number;
}

/** One event on its way to one target, as the hook sees it. */
export interface Delivered {
  readonly event: BusEvent;
  readonly ruleArn: string;
  readonly target: Target;
}

/**
 * Decides when copies of an event leave for a target, in milliseconds from now: an empty list drops it, two numbers
 * repeat it, unlike numbers delay and reorder. Undefined leaves it as it is. EventBridge promises at least one
 * delivery, in any order; services' own events not even that.
 */
export type DeliveryHook = (delivered: Delivered) => readonly number[] | undefined;

/** Publishes on a topic. Throws AwsError if the topic does not allow it. */
export type PublishOnTopic = (principal: Principal, topicArn: string, message: string) => void;

/** What delivery needs. */
export interface EventDeliveryOptions {
  readonly clock: Clock;
  readonly aws: Aws;
  /** Publishes on topics; without it no rule may have one as its target. */
  readonly publishOnTopic?: PublishOnTopic | undefined;
  /** Assumes a target's role. */
  readonly session: (roleArn: string, sessionName: string, sourceArn: string) => Principal;
  /** How long an event takes from the bus to a target, in milliseconds. */
  readonly latencyMs: number;
  /** A number from 0 to 1, for the jitter of retries. */
  readonly random: () => number;
  hook: DeliveryHook | undefined;
}
