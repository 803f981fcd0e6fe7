// https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html and
// eventbridge/latest/userguide/eb-transform-target-input.html
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../clock.ts';
import { LocalCloud } from '../../cloud.ts';
import { here, type Principal } from '../../gateway/service.ts';
import type { BusEvent } from '../../services/events/deliveries.ts';
import { transformInput } from '../../services/events/input-transformer.ts';
import { Sns } from '../../services/sns.ts';
import { assemblyOf } from '../app/sample.ts';

const arn = 'arn:aws:sns:eu-central-1:123456789012:news';
const rule = 'arn:aws:events:eu-central-1:123456789012:rule/bus/r';
const topic = { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'news', DisplayName: 'News' } };
const policy = (statement: object) => ({
  Type: 'AWS::SNS::TopicPolicy',
  Properties: {
    Topics: [{ Ref: 'Topic' }],
    PolicyDocument: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: 'events.amazonaws.com' },
          Action: 'sns:Publish',
          Resource: { Ref: 'Topic' },
          ...statement,
        },
      ],
    },
  },
});
const bus = (sourceArn: string): Principal => ({ kind: 'service', service: 'events.amazonaws.com', sourceArn });

async function deploy(Resources: object): Promise<Sns> {
  const clock = new VirtualClock();
  let sns: Sns | undefined;
  const cloud = await LocalCloud.deploy(assemblyOf({ Resources }), {
    clock,
    parts: [
      ({ iam }) => {
        sns = new Sns({ clock, env: here, iam });
        return sns;
      },
    ],
  });
  await cloud.stop();
  if (sns === undefined) throw new Error('no part was made');
  return sns;
}

describe('a topic', () => {
  it('takes a message of a service that its policy names, for the resource that it names, and no other', async () => {
    const Policy = policy({ Condition: { ArnEquals: { 'aws:SourceArn': rule } } });
    const sns = await deploy({ Topic: topic, Policy });
    sns.publish(bus(rule), arn, 'hello');
    expect(() => sns.publish(bus(`${rule}2`), arn, 'hello')).toThrow('not authorized');
    expect(sns.topics.get(arn)?.messages.map(({ message }) => message)).toEqual(['hello']);
  });

  it('without a policy takes none of a service', async () => {
    const sns = await deploy({ Topic: topic });
    expect(() => sns.publish(bus(rule), arn, 'hello')).toThrow('not authorized');
  });

  it('refuses an empty message, and one of more than 256 KiB', async () => {
    const sns = await deploy({ Topic: topic, Policy: policy({}) });
    expect(() => sns.publish(bus(rule), arn, '')).toThrow('Invalid parameter: Empty message');
    expect(() => sns.publish(bus(rule), arn, 'x'.repeat(262_145))).toThrow('Invalid parameter: Message too long');
  });

  it('has the subscriptions of the template, with an endpoint of their protocol', async () => {
    const subscription = (Protocol: string, Endpoint: string) => ({
      Type: 'AWS::SNS::Subscription',
      Properties: { TopicArn: { Ref: 'Topic' }, Protocol, Endpoint },
    });
    const sns = await deploy({ Topic: topic, Mail: subscription('email', 'a@example.com') });
    expect(sns.topics.get(arn)?.subscriptions).toEqual([{ protocol: 'email', endpoint: 'a@example.com' }]);
    await expect(deploy({ Topic: topic, Hook: subscription('https', 'http://a') })).rejects.toThrow('https endpoint');
    await expect(deploy({ Topic: topic, Sms: subscription('sms', '1') })).rejects.toThrow('email and https');
  });
});

describe('an input transformer', () => {
  const event = {
    id: '1',
    detail: { title: 'a "quoted" \\ text', count: 2, list: ['x'] },
  } as unknown as BusEvent;
  const InputPathsMap = {
    title: '$.detail.title',
    count: '$.detail.count',
    list: '$.detail.list',
    none: '$.detail.none',
  };
  const transform = (InputTemplate: string) => transformInput({ InputPathsMap, InputTemplate }, event);

  it('puts values into an object, and into its texts', () => {
    expect(JSON.parse(transform('{"title":<title>,"all":"<count> of <title>","list":<list>}'))).toEqual({
      title: 'a "quoted" \\ text',
      all: '2 of a "quoted" \\ text',
      list: ['x'],
    });
  });

  it('puts values into lines, each of which stays in quotes, and leaves out what the event lacks', () => {
    expect(transform('"<count> came"\n"none: <none>"')).toBe('"2 came"\n"none: "');
  });

  it.each(['<title> came', '{"a":<none>}', '"<unknown>"'])('refuses the template %s', (template) => {
    expect(() => transform(template)).toThrow('Invalid InputTemplate');
  });
});
