/**
 * EventBridge: buses and their rules, https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
 * and https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-rule.html
 */
import { randomUUID } from 'node:crypto';
import type { PutEventsCommandInput, PutEventsRequestEntry, PutEventsResultEntry } from '@aws-sdk/client-eventbridge';
import * as v from 'valibot';
import type { Clock } from '../../clock.ts';
import {
  type Aws,
  AwsError,
  type Environment,
  operation,
  type Principal,
  type Service,
} from '../../gateway/service.ts';
import { physicalName } from '../../template/names.ts';
import type { ResourceType } from '../../template/resource.ts';
import { integer, propertyNames, readProperties, TagsSchema } from '../properties.ts';
import type { Emit, ServiceEvent } from '../service-event.ts';
import { defaultBus, EventBuses } from './buses.ts';
import type { BusEvent, DeliveryHook, PublishOnTopic, Target } from './deliveries.ts';
import { EventDelivery } from './delivery.ts';
import { InputTransformerSchema } from './input-transformer.ts';
import { compilePattern, type EventTest } from './pattern.ts';
import { refuseTarget } from './targets.ts';

/** The largest size of all entries in one call, in bytes: 1 MB since January 2026. */
const largestCall = 1_048_576;
const mostEntries = 10;

interface Rule {
  readonly name: string;
  /** Its bus's name. */
  readonly bus: string;
  readonly arn: string;
  readonly matches: EventTest;
  readonly targets: readonly Target[];
}

const TargetSchema = v.strictObject({
  Id: v.pipe(v.string(), v.regex(/^[.\-_A-Za-z0-9]{1,64}$/)),
  Arn: v.string(),
  RoleArn: v.optional(v.string()),
  Input: v.optional(v.pipe(v.string(), v.maxLength(8192))),
  InputTransformer: v.optional(InputTransformerSchema),
  DeadLetterConfig: v.optional(v.strictObject({ Arn: v.string() })),
  RetryPolicy: v.optional(
    v.strictObject({
      MaximumRetryAttempts: v.optional(integer(0, 185)),
      MaximumEventAgeInSeconds: v.optional(integer(60, 86_400)),
    }),
  ),
});

/** Schedules are not supported, because nothing needs one yet. */
const RuleSchema = v.strictObject({
  Name: v.optional(v.pipe(v.string(), v.regex(/^[.\-_A-Za-z0-9]{1,64}$/))),
  Description: v.optional(v.pipe(v.string(), v.maxLength(512))),
  EventBusName: v.optional(v.string()),
  EventPattern: v.looseObject({}),
  State: v.optional(v.picklist(['ENABLED', 'DISABLED']), 'ENABLED'),
  Targets: v.optional(v.pipe(v.array(TargetSchema), v.maxLength(5)), []),
  Tags: v.optional(TagsSchema),
});

/** EventBridge in one account and region. */
export class Events {
  readonly service: Service;
  readonly resourceTypes: readonly ResourceType[];
  readonly #clock: Clock;
  readonly #env: Environment;
  readonly #buses: EventBuses;
  readonly #rules: Rule[] = [];
  readonly #watchers: ((event: BusEvent) => void)[] = [];
  readonly #delivery: EventDelivery;

  /** @param options.session assumes a target's role; by default without checking its trust policy */
  constructor(options: {
    clock: Clock;
    aws: Aws;
    env: Environment;
    publishOnTopic?: PublishOnTopic;
    session?: (roleArn: string, sessionName: string, sourceArn: string) => Principal;
    latencyMs?: number;
    random?: () => number;
  }) {
    const { clock, aws, env, publishOnTopic, latencyMs = 300, random = Math.random } = options;
    const { session = (roleArn, sessionName): Principal => ({ kind: 'role', roleArn, sessionName }) } = options;
    this.#clock = clock;
    this.#env = env;
    this.#delivery = new EventDelivery({ clock, aws, publishOnTopic, session, latencyMs, random, hook: undefined });
    this.#buses = new EventBuses(env);
    this.resourceTypes = [...this.#buses.resourceTypes, this.#ruleType()];
    this.service = {
      name: 'events',
      operations: {
        PutEvents: operation(
          (input: PutEventsCommandInput) => this.#buses.authorize(input.Entries ?? []),
          (input) => this.#put(input),
        ),
      },
    };
  }

  /** Lets tests drop, repeat, delay and reorder deliveries. */
  set delivery(hook: DeliveryHook | undefined) {
    this.#delivery.options.hook = hook;
  }

  /** Lets tests reject single entries of a successful call, with a code and a message. */
  refuses: ((entry: PutEventsRequestEntry) => readonly [string, string] | undefined) | undefined;

  /** Calls `watcher` with each event that reaches a bus. */
  watch(watcher: (event: BusEvent) => void): void {
    this.#watchers.push(watcher);
  }

  /** Puts an AWS service's own event on the default bus. */
  readonly emit: Emit = (event) => void this.#publish(defaultBus, event, this.#clock.now());

  #publish(bus: string, { source, resources, detail, 'detail-type': detailType }: ServiceEvent, at: number): string {
    const event: BusEvent = {
      version: '0',
      id: randomUUID(),
      'detail-type': detailType,
      source,
      account: this.#env.account,
      time: new Date(at).toISOString().replace(/\.\d+Z$/, 'Z'),
      region: this.#env.region,
      resources,
      detail,
    };
    for (const watcher of this.#watchers) watcher(event);
    for (const rule of this.#rules) {
      if (rule.bus !== bus || !rule.matches(event)) continue;
      for (const target of rule.targets) this.#delivery.start({ event, ruleArn: rule.arn, target });
    }
    return event.id;
  }

  #put({ Entries = [] }: PutEventsCommandInput): { FailedEntryCount: number; Entries: PutEventsResultEntry[] } {
    if (Entries.length < 1 || Entries.length > mostEntries) {
      throw new AwsError(
        'ValidationException',
        `1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length between 1 and ${mostEntries}, not ${Entries.length}`,
      );
    }
    if (Entries.reduce((sum, entry) => sum + entrySize(entry), 0) > largestCall) {
      throw new AwsError(
        'ValidationException',
        `Total size of the entries in the request is over the limit of ${largestCall} bytes.`,
      );
    }
    const answers = Entries.map((entry): PutEventsResultEntry => {
      const detail = parse(entry.Detail);
      const fault = faultOf(entry, detail) ?? this.refuses?.(entry);
      if (fault !== undefined) return { ErrorCode: fault[0], ErrorMessage: fault[1] };
      const event = {
        source: entry.Source ?? '',
        'detail-type': entry.DetailType ?? '',
        resources: entry.Resources ?? [],
        detail: detail ?? {},
      };
      return {
        EventId: this.#publish(
          this.#buses.nameOf(entry.EventBusName),
          event,
          entry.Time?.getTime() ?? this.#clock.now(),
        ),
      };
    });
    return { FailedEntryCount: answers.filter((one) => one.ErrorCode !== undefined).length, Entries: answers };
  }

  #ruleType(): ResourceType {
    const rules = this.#rules;
    const buses = this.#buses;
    const drop = (ruleArn: unknown) => {
      const at = rules.findIndex((rule) => rule.arn === ruleArn);
      if (at >= 0) rules.splice(at, 1);
    };
    const { partition, region, account } = this.#env;
    return {
      type: 'AWS::Events::Rule',
      properties: propertyNames(RuleSchema),
      foresee({ EventPattern }) {
        if (typeof EventPattern === 'object' && EventPattern !== null) compilePattern(EventPattern);
      },
      create(logicalId, properties, stack) {
        const read = readProperties(this.type, logicalId, RuleSchema, properties);
        const name = read.Name ?? physicalName(stack, logicalId, 64);
        const bus = buses.nameOf(read.EventBusName);
        const path = bus === defaultBus ? name : `${bus}/${name}`;
        const arn = `arn:${partition}:events:${region}:${account}:rule/${path}`;
        const targets = read.Targets.map((target): Target => {
          const refusal = refuseTarget(target.Arn, target.RoleArn);
          if (refusal !== undefined)
            throw new AwsError('ValidationException', `${logicalId} (${this.type}): Targets: ${refusal}`);
          return {
            id: target.Id,
            arn: target.Arn,
            roleArn: target.RoleArn,
            input: target.Input,
            transformer: target.InputTransformer,
            deadLetterArn: target.DeadLetterConfig?.Arn,
            retries: target.RetryPolicy?.MaximumRetryAttempts ?? 185,
            maximumAge: target.RetryPolicy?.MaximumEventAgeInSeconds ?? 86_400,
          };
        });
        if (JSON.stringify(read.EventPattern).length > mostPatternCharacters) {
          throw new AwsError('InvalidEventPatternException', 'Event pattern is not valid. Reason: Filter is too large');
        }
        if (targets.length > mostTargets) {
          throw new AwsError('LimitExceededException', 'The requested resource exceeds the maximum number allowed.');
        }
        const matches = compilePattern(read.EventPattern);
        if (read.State === 'ENABLED') rules.push({ name, bus, arn, matches, targets });
        // https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-rule.html: Ref is
        // `<bus>|<rule>` elsewhere.
        return { ref: bus === defaultBus ? name : `${bus}|${name}`, attributes: { Arn: arn } };
      },
      update({ ref, attributes }, { logicalId, after }, stack) {
        drop(attributes['Arn']);
        return this.create(logicalId, { ...after, Name: ref.split('|').at(-1) }, stack, this.type);
      },
      remove: ({ attributes }) => drop(attributes['Arn']),
    };
  }
}

/** Why the bus rejects an entry, as code and message. */
function faultOf(entry: PutEventsRequestEntry, detail: unknown): readonly [string, string] | undefined {
  for (const name of ['Source', 'DetailType', 'Detail'] as const) {
    if (!entry[name])
      return ['InvalidArgument', `Parameter ${name} is not valid. Reason: ${name} is a required argument.`];
  }
  if (detail === undefined) return ['MalformedDetail', 'Detail is malformed.'];
  if (entry.Source?.startsWith('aws.')) return ['NotAuthorizedForSource', 'Not authorized for the source.'];
  return undefined;
}

function parse(detail: string | undefined): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(detail ?? '');
    const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
    return isObject ? { ...parsed } : undefined;
  } catch {
    return undefined;
  }
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html */
const mostPatternCharacters = 2_048;
const mostTargets = 5;

/** By the rule of the page "Calculating PutEvents event entry size". */
function entrySize({ Time, Source, DetailType, Detail, Resources }: PutEventsRequestEntry): number {
  const texts = [Source, DetailType, Detail, ...(Resources ?? [])];
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text ?? ''), Time === undefined ? 0 : 14);
}
