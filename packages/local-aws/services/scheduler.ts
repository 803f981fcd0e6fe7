/**
 * EventBridge Scheduler: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html and
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-scheduler-schedule.html
 */
import * as v from 'valibot';
import type { Clock } from '../clock.ts';
import { type Aws, AwsError, type Environment, type Principal } from '../gateway/service.ts';
import { physicalName } from '../template/names.ts';
import type { ResourceType } from '../template/resource.ts';
import { integer, propertyNames, readProperties } from './properties.ts';

const unitMs = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;

/**
 * AWS invokes a schedule within the minute in which it is due; here always this long after that minute begins, in
 * milliseconds.
 */
const lateMs = 1_000;

/** Pauses between attempts double from a second up to this, in milliseconds; AWS publishes no table. */
const longestPauseMs = 600_000;

/** Universal targets and templated targets of other services are not modelled. */
const functionArn = /^arn:[^:]+:lambda:[^:]+:\d{12}:function:[\w-]+$/;

/** Groups, dates, time zones, windows and dead letters are not supported, because nothing needs one yet. */
const ScheduleSchema = v.strictObject({
  Name: v.optional(v.pipe(v.string(), v.regex(/^[0-9a-zA-Z-_.]{1,64}$/))),
  Description: v.optional(v.pipe(v.string(), v.maxLength(512))),
  State: v.optional(v.picklist(['ENABLED', 'DISABLED']), 'ENABLED'),
  ScheduleExpression: v.pipe(
    v.string(),
    v.regex(/^rate\([1-9]\d* (minute|hour|day)s?\)$/, 'only rate(value unit) is modelled here'),
  ),
  ScheduleExpressionTimezone: v.optional(v.literal('Etc/UTC')),
  FlexibleTimeWindow: v.strictObject({ Mode: v.literal('OFF', 'only OFF is modelled here') }),
  Target: v.strictObject({
    Arn: v.pipe(v.string(), v.regex(functionArn, 'only functions are modelled here as targets')),
    RoleArn: v.string(),
    Input: v.optional(v.string()),
    RetryPolicy: v.optional(
      v.strictObject({
        MaximumEventAgeInSeconds: v.optional(integer(60, 86_400), 86_400),
        MaximumRetryAttempts: v.optional(integer(0, 185), 185),
      }),
      {},
    ),
  }),
});

/** A schedule's target, and how often it tries. */
interface Target {
  readonly arn: string;
  readonly roleArn: string;
  readonly input: string;
  readonly retries: number;
  readonly maximumAgeMs: number;
}

/** One schedule, with a switch. */
export interface Schedule {
  readonly name: string;
  readonly everyMs: number;
  /** A test may turn it off and on; a due invocation is then skipped. */
  enabled: boolean;
}

/** The schedules of one account and region. */
export class Scheduler {
  readonly resourceTypes: readonly ResourceType[];
  readonly schedules: Schedule[] = [];
  readonly #clock: Clock;
  readonly #aws: Aws;
  readonly #session: (roleArn: string, sessionName: string, sourceArn: string) => Principal;

  /**
   * @param options.session assumes the execution role for the schedule's group; throws AwsError if that is not allowed
   */
  constructor(options: {
    clock: Clock;
    aws: Aws;
    env: Environment;
    session: (roleArn: string, sessionName: string, sourceArn: string) => Principal;
  }) {
    this.#clock = options.clock;
    this.#aws = options.aws;
    this.#session = options.session;
    this.resourceTypes = [this.#scheduleType(options.env)];
  }

  #scheduleType({ partition, region, account }: Environment): ResourceType {
    const base = `arn:${partition}:scheduler:${region}:${account}`;
    // A trust policy may name the group, but not the single schedule.
    const group = `${base}:schedule-group/default`;
    return {
      type: 'AWS::Scheduler::Schedule',
      properties: propertyNames(ScheduleSchema),
      create: (logicalId, properties, stack) => {
        const read = readProperties('AWS::Scheduler::Schedule', logicalId, ScheduleSchema, properties);
        const { Target } = read;
        const name = read.Name ?? physicalName(stack, logicalId, 64);
        try {
          this.#session(Target.RoleArn, name, group);
        } catch (error) {
          if (!(error instanceof AwsError)) throw error;
          throw new AwsError(
            'ValidationException',
            'The execution role you provide must allow AWS EventBridge Scheduler to assume the role.',
          );
        }
        const target = {
          arn: Target.Arn,
          roleArn: Target.RoleArn,
          input: Target.Input ?? '{}',
          retries: Target.RetryPolicy.MaximumRetryAttempts ?? 185,
          maximumAgeMs: (Target.RetryPolicy.MaximumEventAgeInSeconds ?? 86_400) * 1_000,
        };
        const schedule = { name, everyMs: everyMs(read.ScheduleExpression), enabled: read.State === 'ENABLED' };
        this.schedules.push(schedule);
        // Without a start date the first invocation is due at once.
        this.#clock.after(lateMs, () => this.#fire(schedule, target, group));
        return { ref: name, attributes: { Arn: `${base}:schedule/default/${name}` } };
      },
      remove: ({ ref }) => {
        const at = this.schedules.findIndex(({ name }) => name === ref);
        if (at >= 0) this.schedules.splice(at, 1);
      },
    };
  }

  #fire(schedule: Schedule, target: Target, group: string): void {
    if (!this.schedules.includes(schedule)) return;
    this.#clock.after(schedule.everyMs, () => this.#fire(schedule, target, group));
    if (schedule.enabled) void this.#invoke(schedule.name, target, group);
  }

  /** Functions are invoked asynchronously: a schedule learns only that Lambda accepted the event. */
  async #invoke(name: string, { arn, roleArn, input, retries, maximumAgeMs }: Target, group: string): Promise<void> {
    const due = this.#clock.now();
    const call = { FunctionName: arn, InvocationType: 'Event', Payload: Buffer.from(input) };
    for (let retried = 0; ; retried++) {
      try {
        await this.#aws.call(this.#session(roleArn, name, group), 'lambda', 'Invoke', call);
        return;
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        const pause = Math.min(1_000 * 2 ** retried, longestPauseMs);
        // An undeliverable invocation is lost without a dead-letter queue; CloudWatch counts it as dropped.
        if (retried >= retries || this.#clock.now() + pause - due > maximumAgeMs) return;
        await this.#clock.sleep(pause);
      }
    }
  }
}

function everyMs(expression: string): number {
  const [, value, unit] = /^rate\((\d+) (minute|hour|day)/.exec(expression) ?? [];
  return Number(value) * unitMs[unit as keyof typeof unitMs];
}
