/**
 * SNS: topics, their policies and subscriptions, and what services of AWS publish on them:
 * https://docs.aws.amazon.com/sns/latest/api/API_Publish.html,
 * https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html and
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-topic.html
 */
import * as v from 'valibot';
import type { Clock } from '../clock.ts';
import { AwsError, type Environment, type Principal } from '../gateway/service.ts';
import type { Authorizer } from '../iam/identities.ts';
import { physicalName } from '../template/names.ts';
import type { ResourceType } from '../template/resource.ts';
import { TemplateError } from '../template/template-error.ts';
import { propertyNames, readProperties, TagsSchema } from './properties.ts';

/** The largest message, in bytes. */
const largestMessage = 262_144;

const TopicSchema = v.strictObject({
  TopicName: v.optional(v.pipe(v.string(), v.regex(/^[\w-]{1,256}$/))),
  DisplayName: v.optional(v.pipe(v.string(), v.maxLength(100))),
  KmsMasterKeyId: v.optional(v.string()),
  Tags: v.optional(TagsSchema),
});

const PolicySchema = v.strictObject({ PolicyDocument: v.looseObject({}), Topics: v.array(v.string()) });

/** A subscription of a person or a web hook waits until its owner confirms it; no message goes to it here. */
const SubscriptionSchema = v.strictObject({
  Protocol: v.picklist(['email', 'https'], 'email and https are modelled here'),
  Endpoint: v.string(),
  TopicArn: v.string(),
});

/** A message that was published on a topic. */
export interface TopicMessage {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly message: string;
}

/** A topic with what was published on it. */
export interface SnsTopic {
  readonly arn: string;
  readonly messages: TopicMessage[];
  readonly subscriptions: { readonly protocol: string; readonly endpoint: string }[];
  policy: unknown;
}

/** The topics of one account and region. */
export class Sns {
  readonly topics = new Map<string, SnsTopic>();
  readonly resourceTypes: readonly ResourceType[];
  readonly #clock: Clock;
  readonly #env: Environment;
  readonly #iam: Authorizer;

  constructor({ clock, env, iam }: { clock: Clock; env: Environment; iam: Authorizer }) {
    this.#clock = clock;
    this.#env = env;
    this.#iam = iam;
    this.resourceTypes = [this.#topicType(), this.#policyType(), this.#subscriptionType()];
  }

  /**
   * Publishes a message from inside of AWS.
   *
   * @throws AwsError if the topic is unknown or its policy does not allow it
   */
  publish(principal: Principal, arn: string, message: string): void {
    const topic = this.topics.get(arn);
    const authorization = { action: 'sns:Publish', resource: arn };
    const resourcePolicy = topic?.policy;
    const denied = this.#iam.deny(
      principal,
      resourcePolicy === undefined ? authorization : { ...authorization, resourcePolicy },
    );
    if (denied !== undefined) throw new AwsError('AuthorizationErrorAccessDenied', denied, 403);
    if (topic === undefined) throw new AwsError('NotFound', 'Topic does not exist', 404);
    if (message === '') throw new AwsError('InvalidParameter', 'Invalid parameter: Empty message');
    if (Buffer.byteLength(message) > largestMessage) {
      throw new AwsError('InvalidParameter', 'Invalid parameter: Message too long');
    }
    topic.messages.push({ at: this.#clock.now(), message });
  }

  #topic(arn: string): SnsTopic {
    const topic = this.topics.get(arn);
    if (topic === undefined) throw new TemplateError(`there is no topic ${arn}`);
    return topic;
  }

  #topicType(): ResourceType {
    const type = 'AWS::SNS::Topic';
    return {
      type,
      properties: propertyNames(TopicSchema),
      create: (logicalId, properties, stack) => {
        const { TopicName } = readProperties(type, logicalId, TopicSchema, properties);
        const { partition, region, account } = this.#env;
        const name = TopicName ?? physicalName(stack, logicalId, 256);
        const arn = `arn:${partition}:sns:${region}:${account}:${name}`;
        this.topics.set(arn, { arn, messages: [], subscriptions: [], policy: undefined });
        return { ref: arn, attributes: { TopicArn: arn, TopicName: name } };
      },
      update: (created, { logicalId, after }) => {
        readProperties(type, logicalId, TopicSchema, after);
        return created;
      },
      remove: ({ ref }) => void this.topics.delete(ref),
    };
  }

  #policyType(): ResourceType {
    const type = 'AWS::SNS::TopicPolicy';
    const put = (logicalId: string, properties: Readonly<Record<string, unknown>>) => {
      const { PolicyDocument, Topics } = readProperties(type, logicalId, PolicySchema, properties);
      for (const arn of Topics) this.#topic(arn).policy = PolicyDocument;
    };
    return {
      type,
      properties: propertyNames(PolicySchema),
      create: (logicalId, properties, stack) => {
        put(logicalId, properties);
        return { ref: physicalName(stack, logicalId, 255), attributes: {} };
      },
      update: (created, { logicalId, after }) => {
        put(logicalId, after);
        return created;
      },
      remove: () => undefined,
    };
  }

  #subscriptionType(): ResourceType {
    const type = 'AWS::SNS::Subscription';
    return {
      type,
      properties: propertyNames(SubscriptionSchema),
      create: (logicalId, properties) => {
        const { Protocol, Endpoint, TopicArn } = readProperties(type, logicalId, SubscriptionSchema, properties);
        const isEndpoint = Protocol === 'email' ? Endpoint.includes('@') : Endpoint.startsWith('https://');
        if (!isEndpoint) throw new AwsError('InvalidParameter', `Invalid parameter: ${Protocol} endpoint`);
        this.#topic(TopicArn).subscriptions.push({ protocol: Protocol, endpoint: Endpoint });
        return { ref: `${TopicArn}:${logicalId}`, attributes: {} };
      },
      remove: () => undefined,
    };
  }
}
