import { Aws, CfnOutput } from 'aws-cdk-lib';
import { EventField, type IRuleTarget, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { Effect, PolicyStatement, ServicePrincipal, StarPrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { type ITopic, Subscription, SubscriptionProtocol, Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { DetailType } from '../domain/event-schema.ts';
import { source } from '../domain/events.ts';
import type { Bus } from './bus.ts';
import type { NotificationSettings } from './config/notifications.ts';
import type { Config } from './config/schema.ts';

/** The address that the documentation's paths follow; empty without one. */
export function docsUrlOf({ notifications }: Config): string {
  return notifications?.docsUrl ?? '';
}

/** The events that are sent to people. */
const types = ['Incident Opened', 'Incident Grew', 'Incident Closed'] as const satisfies readonly DetailType[];

const text = (field: string) => EventField.fromPath(`$.detail.text.${field}`);
const incident = (field: string) => EventField.fromPath(`$.detail.incident.${field}`);

/** Lines that a person reads. EventBridge puts each into quotes. */
const plainText = () =>
  RuleTargetInput.fromMultilineText(
    [
      text('title'),
      text('what'),
      `Where: ${text('where')}`,
      `Why: ${text('why')}`,
      text('consequence'),
      text('see'),
      text('todo'),
      text('over'),
      `Runbook: ${text('runbook')}`,
      `Console: ${text('console')}`,
    ].join('\n'),
  );

/**
 * A custom notification of Amazon Q Developer in chat applications (AWS Chatbot). The events of an incident share a
 * thread. Source: its administrator guide, "Custom notifications", version 1.0.
 */
const chatMessage = () =>
  RuleTargetInput.fromObject({
    version: '1.0',
    source: 'custom',
    id: EventField.eventId,
    content: {
      textType: 'client-markdown',
      title: text('title'),
      description: `${text('what')} Where: ${text('where')}. Why: ${text('why')}. ${text('consequence')}`,
      nextSteps: [text('see'), text('todo'), text('over'), `Runbook: ${text('runbook')}`, text('console')],
      keywords: ['Airlock', incident('cluster'), incident('outcome')],
    },
    metadata: {
      threadId: incident('name'),
      summary: text('title'),
      eventType: EventField.detailType,
      additionalContext: { cluster: incident('cluster'), outcome: incident('outcome') },
    },
  });

/**
 * Sends people what they should know: incidents in words, and alarms in CloudWatch's own form. Only EventBridge, for
 * the rule here, and CloudWatch, for alarms of this account, may publish on the topic. No role may, Airlock's included.
 */
export class Notifications extends Construct {
  readonly topic: ITopic;

  constructor(scope: Construct, id: string, { settings, bus }: { settings: NotificationSettings; bus: Bus }) {
    super(scope, id);
    const { topicArn, format } = settings;
    const own = topicArn === undefined ? this.#makeTopic(settings) : undefined;
    this.topic = own ?? Topic.fromTopicArn(this, 'Topic', topicArn ?? '');
    const rule = new Rule(this, 'Incidents', {
      description: 'Sends people the incidents that reconcile finds',
      eventBus: bus.bus,
      eventPattern: { source: [source], detailType: [...types] },
    });
    const input = format === 'chat' ? chatMessage() : plainText();
    rule.addTarget({ bind: () => ({ arn: this.topic.topicArn, input }) } satisfies IRuleTarget);
    if (own === undefined) return;
    const publish = (service: string, conditions: Record<string, object>) =>
      own.addToResourcePolicy(
        new PolicyStatement({
          principals: [new ServicePrincipal(service)],
          actions: ['sns:Publish'],
          resources: [own.topicArn],
          conditions,
        }),
      );
    publish('events.amazonaws.com', { ArnEquals: { 'aws:SourceArn': rule.ruleArn } });
    publish('cloudwatch.amazonaws.com', {
      StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
      ArnLike: { 'aws:SourceArn': `arn:${Aws.PARTITION}:cloudwatch:${Aws.REGION}:${Aws.ACCOUNT_ID}:alarm:*` },
    });
    own.addToResourcePolicy(
      new PolicyStatement({
        effect: Effect.DENY,
        principals: [new StarPrincipal()],
        actions: ['sns:Publish'],
        resources: [own.topicArn],
        // A service that publishes for itself has `true`, and a role or an anonymous caller has not.
        conditions: { BoolIfExists: { 'aws:PrincipalIsAWSService': 'false' } },
      }),
    );
  }

  #makeTopic({ email, https, kmsKeyArn }: NotificationSettings): Topic {
    const topic = new Topic(this, 'Topic', {
      displayName: 'Airlock',
      enforceSSL: true,
      ...(kmsKeyArn === undefined ? {} : { masterKey: Key.fromKeyArn(this, 'Key', kmsKeyArn) }),
    });
    const subscribe = (protocol: SubscriptionProtocol) => (endpoint: string, index: number) =>
      new Subscription(this, `${protocol}-${index}`, { topic, protocol, endpoint });
    email.forEach(subscribe(SubscriptionProtocol.EMAIL));
    https.forEach(subscribe(SubscriptionProtocol.HTTPS));
    new CfnOutput(this, 'Arn', { value: topic.topicArn, description: 'The topic that people subscribe to' });
    return topic;
  }
}
