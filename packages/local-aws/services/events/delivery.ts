/**
 * How an event reaches a target: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-event-delivery.html
 * and, for events that could not be delivered,
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
 */
import { AwsError, type Principal } from '../../gateway/service.ts';
import type { Delivered, EventDeliveryOptions } from './deliveries.ts';
import { invokeTarget, queueUrl } from './targets.ts';

/** The pauses between attempts double from a second up to this, in milliseconds; AWS publishes no table. */
const longestPauseMs = 600_000;

/** Errors that no retry fixes: the event goes to the dead-letter queue at once. */
const hopeless: readonly (readonly [RegExp, string])[] = [
  [/AccessDenied|NotAuthorized/, 'NO_PERMISSIONS'],
  [/NotFound|DoesNotExist|NonExistent/, 'NO_RESOURCE'],
  [/AlreadyExists/, 'RESOURCE_ALREADY_EXISTS'],
  [/^(Invalid|Validation|Serialization)/, 'INVALID_PARAMETER'],
];

/** Delivers events, at least once. */
export class EventDelivery {
  readonly options: EventDeliveryOptions;

  constructor(options: EventDeliveryOptions) {
    this.options = options;
  }

  /** Sends an event to a target, or as many copies of it as the hook decides. */
  start(delivered: Delivered): void {
    const { clock, hook, latencyMs } = this.options;
    for (const delay of hook?.(delivered) ?? [latencyMs]) {
      clock.after(delay, () => void this.#deliver(delivered, clock.now()));
    }
  }

  async #deliver(delivered: Delivered, since: number): Promise<void> {
    const { clock, random } = this.options;
    const { target } = delivered;
    for (let retries = 0; ; retries++) {
      const failure = await this.#try(delivered);
      if (failure === undefined) return;
      const code = hopeless.find(([pattern]) => pattern.test(failure.code))?.[1];
      if (code !== undefined) return await this.#bury(delivered, code, failure.message, retries, undefined);
      const pause = Math.min(1000 * 2 ** retries, longestPauseMs) * (0.5 + random() / 2);
      const spent = retries >= target.retries ? 'MaximumRetryAttempts' : undefined;
      const aged = clock.now() + pause - since > target.maximumAge * 1000 ? 'MaximumEventAgeInSeconds' : undefined;
      const exhausted = spent ?? aged;
      if (exhausted !== undefined) {
        const reason = /Thrott|TooMany/.test(failure.code) ? 'THROTTLING' : 'ERROR_FROM_TARGET';
        return await this.#bury(delivered, reason, failure.message, retries, exhausted);
      }
      await clock.sleep(pause);
    }
  }

  async #try({ event, ruleArn, target }: Delivered): Promise<AwsError | undefined> {
    try {
      await invokeTarget(this.options, event, ruleArn, target);
      return undefined;
    } catch (error) {
      if (error instanceof AwsError) return error;
      throw error;
    }
  }

  async #bury(
    { event, ruleArn, target }: Delivered,
    code: string,
    message: string,
    retries: number,
    exhausted: string | undefined,
  ): Promise<void> {
    if (target.deadLetterArn === undefined) return;
    const attributes: Record<string, string> = {
      RULE_ARN: ruleArn,
      TARGET_ARN: target.arn,
      ERROR_CODE: code,
      ERROR_MESSAGE: message || code,
      ...(retries === 0 ? {} : { RETRY_ATTEMPTS: String(retries) }),
      ...(exhausted === undefined ? {} : { EXHAUSTED_RETRY_CONDITION: exhausted }),
    };
    const MessageAttributes = Object.fromEntries(
      Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]),
    );
    const principal: Principal = { kind: 'service', service: 'events.amazonaws.com', sourceArn: ruleArn };
    const input = { QueueUrl: queueUrl(target.deadLetterArn), MessageBody: JSON.stringify(event), MessageAttributes };
    try {
      await this.options.aws.call(principal, 'sqs', 'SendMessage', input);
    } catch (error) {
      // An event that the dead-letter queue also rejects is lost, as in AWS, which only counts it.
      if (!(error instanceof AwsError)) throw error;
    }
  }
}
