/**
 * The CloudFormation resources of SQS:
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_SQS.html
 */
import * as v from 'valibot';
import { AwsError } from '../../gateway/service.ts';
import { physicalName } from '../../template/names.ts';
import type { ResourceType } from '../../template/resource.ts';
import { BooleanSchema, integer, propertyNames, readProperties, TagsSchema } from '../properties.ts';
import type { Queue, QueueSettings } from './queue.ts';

const RedrivePolicySchema = v.strictObject({ deadLetterTargetArn: v.string(), maxReceiveCount: integer(1, 1000) });

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html */
const RedriveAllowPolicySchema = v.strictObject({
  redrivePermission: v.picklist(['allowAll', 'denyAll', 'byQueue']),
  sourceQueueArns: v.optional(v.pipe(v.array(v.string()), v.minLength(1), v.maxLength(10))),
});

/**
 * A customer key (KmsMasterKeyId) is not supported: each sender would need rights on the key, and KMS is not modelled.
 */
const QueueSchema = v.strictObject({
  QueueName: v.optional(v.pipe(v.string(), v.regex(/^[\w-]{1,80}$/))),
  VisibilityTimeout: v.optional(integer(0, 43_200), 30),
  MessageRetentionPeriod: v.optional(integer(60, 1_209_600), 345_600),
  DelaySeconds: v.optional(integer(0, 900), 0),
  ReceiveMessageWaitTimeSeconds: v.optional(integer(0, 20), 0),
  RedrivePolicy: v.optional(RedrivePolicySchema),
  RedriveAllowPolicy: v.optional(RedriveAllowPolicySchema),
  SqsManagedSseEnabled: v.optional(BooleanSchema, true),
  Tags: v.optional(TagsSchema),
});

const PolicySchema = v.strictObject({ Queues: v.array(v.string()), PolicyDocument: v.looseObject({}) });

/** The store of the queues. */
interface Queues {
  create(settings: Omit<QueueSettings, 'arn' | 'url'>): Queue;
  remove(url: string): void;
  byArn(arn: string): Queue;
  byUrl(url: string): Queue;
}

/** `AWS::SQS::Queue` and `AWS::SQS::QueuePolicy`. */
export function queueResourceTypes(sqs: Queues): readonly ResourceType[] {
  const queue: ResourceType = {
    type: 'AWS::SQS::Queue',
    properties: propertyNames(QueueSchema),
    create(logicalId, properties, stack) {
      const read = readProperties(this.type, logicalId, QueueSchema, properties);
      const made = sqs.create({
        name: read.QueueName ?? physicalName(stack, logicalId, 80),
        visibilityTimeout: read.VisibilityTimeout,
        retention: read.MessageRetentionPeriod,
        delay: read.DelaySeconds,
        receiveWait: read.ReceiveMessageWaitTimeSeconds,
        managedEncryption: read.SqsManagedSseEnabled,
      });
      if (read.RedrivePolicy !== undefined) {
        const { deadLetterTargetArn, maxReceiveCount } = read.RedrivePolicy;
        made.setRedrive({ queue: sqs.byArn(deadLetterTargetArn), maxReceiveCount });
      }
      made.allowsRedriveOf = allowedBy(read.RedriveAllowPolicy);
      const { url, arn, name } = made.settings;
      return { ref: url, attributes: { Arn: arn, QueueName: name, QueueUrl: url } };
    },
    remove: ({ ref }) => sqs.remove(ref),
  };
  const policy: ResourceType = {
    type: 'AWS::SQS::QueuePolicy',
    properties: propertyNames(PolicySchema),
    create(logicalId, properties, stack) {
      const read = readProperties(this.type, logicalId, PolicySchema, properties);
      requireSize(read.PolicyDocument);
      for (const url of read.Queues) {
        const target = sqs.byUrl(url);
        if (target.policy !== undefined) {
          throw new Error(`${logicalId} (${this.type}): ${url} already has a policy; a second one would replace it`);
        }
        target.policy = read.PolicyDocument;
      }
      const id = physicalName(stack, logicalId, 80);
      return { ref: id, attributes: { Id: id } };
    },
    update(created, { before, after }) {
      requireSize(after['PolicyDocument']);
      for (const url of strings(before['Queues'])) sqs.byUrl(url).policy = undefined;
      for (const url of strings(after['Queues'])) sqs.byUrl(url).policy = after['PolicyDocument'] as object;
      return created;
    },
    remove(_created, _logicalId, _stack, { Queues }) {
      for (const url of strings(Queues)) sqs.byUrl(url).policy = undefined;
    },
  };
  return [queue, policy];
}

function allowedBy(policy: v.InferOutput<typeof RedriveAllowPolicySchema> | undefined): readonly string[] | undefined {
  if (policy === undefined || policy.redrivePermission === 'allowAll') return undefined;
  return policy.redrivePermission === 'denyAll' ? [] : (policy.sourceQueueArns ?? []);
}

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html */
const mostPolicyBytes = 8_192;

function requireSize(policy: unknown): void {
  if (Buffer.byteLength(JSON.stringify(policy)) <= mostPolicyBytes) return;
  throw new AwsError('InvalidAttributeValue', 'Invalid value for the parameter Policy.');
}
