// Examples from https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../clock.ts';
import { LocalCloud } from '../../cloud.ts';
import { assemblyOf } from '../app/sample.ts';

const logGroupName = '/acme/audit';
const events = {
  kind: 'service',
  service: 'events.amazonaws.com',
  sourceArn: 'arn:aws:events:eu-central-1:123456789012:rule/a',
} as const;

async function deployed(rest: object): Promise<{ cloud: LocalCloud; clock: VirtualClock }> {
  const clock = new VirtualClock();
  const group = { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: logGroupName, RetentionInDays: 1 } };
  return { cloud: await LocalCloud.deploy(assemblyOf({ Resources: { Group: group, ...rest } }), { clock }), clock };
}

describe('a log group', () => {
  const statement = (service: string) => ({
    Effect: 'Allow',
    Principal: { Service: service },
    Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    Resource: `arn:aws:logs:eu-central-1:123456789012:log-group:${logGroupName}:*`,
  });
  const policy = (service: string) => ({
    Type: 'AWS::Logs::ResourcePolicy',
    Properties: {
      PolicyName: service,
      PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [statement(service)] }),
    },
  });
  const write = async (cloud: LocalCloud, message: string) => {
    const stream = { logGroupName, logStreamName: 'stream' };
    await cloud.aws.call(events, 'logs', 'CreateLogStream', stream);
    const logEvents = [{ timestamp: cloud.core.clock.now(), message }];
    await cloud.aws.call(events, 'logs', 'PutLogEvents', { ...stream, logEvents });
  };

  it('accepts nothing from EventBridge without a resource policy', async () => {
    const { cloud } = await deployed({ Policy: policy('delivery.logs.amazonaws.com') });
    await expect(write(cloud, 'hello')).rejects.toMatchObject({ code: 'AccessDeniedException' });
    expect(cloud.logs.events(logGroupName)).toEqual([]);
  });

  it('accepts what the resource policy allows, and deletes it after its retention', async () => {
    const { cloud, clock } = await deployed({ Policy: policy('events.amazonaws.com') });
    await write(cloud, 'hello');
    expect(cloud.logs.events(logGroupName)).toEqual([{ timestamp: clock.now(), stream: 'stream', message: 'hello' }]);
    await clock.run(() => false, clock.now() + 86_400_001);
    expect(cloud.logs.events(logGroupName)).toEqual([]);
  });

  it('refuses a retention that CloudWatch Logs does not have', async () => {
    const odd = { Type: 'AWS::Logs::LogGroup', Properties: { RetentionInDays: 2 } };
    await expect(deployed({ Odd: odd })).rejects.toThrow(
      /Sample\/Odd .*RetentionInDays must be one of 1, 3, 5.* not 2/,
    );
  });
});
