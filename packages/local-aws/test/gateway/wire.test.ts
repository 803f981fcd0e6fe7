import { Duration, type Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../clock.ts';
import { LocalCloud } from '../../cloud.ts';
import { AwsError, operation, type Service } from '../../gateway/service.ts';
import { sampleFunction, synthesize } from '../app/sample.ts';

const at = new Date('2026-11-21T10:00:00Z');

const ssm: Service = {
  name: 'ssm',
  operations: {
    SendCommand: operation(
      ({ InstanceIds = [] }: { InstanceIds?: string[] }) =>
        InstanceIds.map((id) => ({
          action: 'ssm:SendCommand',
          resource: `arn:aws:ec2:eu-central-1:123456789012:instance/${id}`,
          context: { 'aws:ResourceTag/acme:runtime': 'orders' },
        })),
      ({ InstanceIds }: { InstanceIds?: string[] }) => {
        if (InstanceIds?.includes('i-gone'))
          throw new AwsError('InvalidInstanceId', 'Instances not in a valid state', 400);
        return { Command: { CommandId: 'c-1', RequestedDateTime: at, InstanceIds } };
      },
    ),
  },
};

const ec2: Service = {
  name: 'ec2',
  operations: {
    DescribeInstances: operation(
      () => [{ action: 'ec2:DescribeInstances', resource: '*' }],
      ({ Filters }: { Filters?: { Name?: string; Values?: string[] }[] }) => {
        const Instances = (Filters?.[0]?.Values ?? []).map((InstanceId) => ({
          InstanceId,
          LaunchTime: at,
          Tags: [{ Key: 'acme:runtime', Value: 'a < b & "c"' }],
        }));
        return Instances.length === 0 ? {} : { Reservations: [{ ReservationId: 'r-1', Instances }] };
      },
    ),
  },
};

const eks: Service = {
  name: 'eks',
  operations: {
    DescribeCluster: operation(
      ({ name }: { name: string }) => [
        { action: 'eks:DescribeCluster', resource: `arn:aws:eks:eu-central-1:123456789012:cluster/${name}` },
      ],
      ({ name }: { name: string }) => {
        if (name !== 'blue')
          throw new AwsError('ResourceNotFoundException', `No cluster found for name: ${name}.`, 404);
        return { cluster: { name, endpoint: 'https://127.0.0.1:6443', createdAt: at } };
      },
    ),
  },
};

const sqs: Service = {
  name: 'sqs',
  operations: {
    SendMessage: operation(
      () => [],
      () => {
        throw new AwsError('QueueDoesNotExist', 'The specified queue does not exist.');
      },
    ),
  },
};

describe('the SDK in a function, over each wire protocol', () => {
  let cloud: LocalCloud;
  const clock = new VirtualClock();

  beforeAll(async () => {
    const assembly = synthesize((stack: Stack) => {
      const named = (name: string) => sampleFunction(stack, name, name, { functionName: name });
      const commanding = sampleFunction(stack, 'commanding', 'commanding', {
        functionName: 'commanding',
        timeout: Duration.seconds(30),
      });
      commanding.addToRolePolicy(
        new PolicyStatement({
          actions: ['ssm:SendCommand'],
          resources: ['arn:aws:ec2:*:*:instance/*'],
          conditions: { StringEquals: { 'aws:ResourceTag/acme:runtime': 'orders' } },
        }),
      );
      named('describing').addToRolePolicy(
        new PolicyStatement({ actions: ['ec2:DescribeInstances'], resources: ['*'] }),
      );
      named('clustering').addToRolePolicy(new PolicyStatement({ actions: ['eks:DescribeCluster'], resources: ['*'] }));
      named('sending');
      commanding.grantInvoke(named('invoking'));
    });
    cloud = await LocalCloud.deploy(assembly, { clock, services: [ssm, ec2, eks, sqs] });
  });
  afterEach(() => {
    cloud.faults = {};
  });
  afterAll(() => cloud.stop());

  async function invoke(name: string, payload: object) {
    let answer: Awaited<ReturnType<typeof cloud.lambda.invoke>> | undefined;
    cloud.lambda.invoke(name, JSON.stringify(payload), 'RequestResponse').then((given) => {
      answer = given;
    });
    await clock.run(() => answer !== undefined);
    if (answer === undefined) throw new Error('no answer');
    return { error: answer.functionError, payload: JSON.parse(answer.payload) as Record<string, string> };
  }

  it('uses JSON 1.1: a time is returned unchanged', async () => {
    const { payload } = await invoke('commanding', { DocumentName: 'doc', InstanceIds: ['i-1'] });
    expect(payload).toEqual({ id: 'c-1', requested: '2026-11-21T10:00:00.000Z' });
  });

  it('uses JSON 1.1: an error has the name of its shape', async () => {
    const { payload } = await invoke('commanding', { DocumentName: 'doc', InstanceIds: ['i-gone'] });
    expect(payload).toMatchObject({ errorType: 'InvalidInstanceId', errorMessage: 'Instances not in a valid state' });
  });

  it('refuses a list in a list, which the SDK sends unchanged', async () => {
    const { payload } = await invoke('commanding', { DocumentName: 'doc', InstanceIds: [['i-1']] });
    expect(payload).toMatchObject({
      errorType: 'SerializationException',
      errorMessage: 'ssm:SendCommand: InstanceIds[0] must be a string, not a list',
    });
  });

  it('refuses a request without a required member', async () => {
    const { payload } = await invoke('commanding', { InstanceIds: ['i-1'] });
    expect(payload['errorMessage']).toBe('ssm:SendCommand: DocumentName is required');
  });

  it('uses EC2 query and XML: lists, times and text that must be escaped', async () => {
    const { payload } = await invoke('describing', { ids: ['i-1', 'i-2'] });
    expect(payload).toEqual({
      id: 'i-1',
      launched: '2026-11-21T10:00:00.000Z',
      tags: [{ Key: 'acme:runtime', Value: 'a < b & "c"' }],
    });
    expect(cloud.journal.at(-1)?.input).toEqual({ Filters: [{ Name: 'instance-id', Values: ['i-1', 'i-2'] }] });
  });

  it('uses EC2 query and XML: an answer without any instance', async () => {
    expect((await invoke('describing', { ids: [] })).payload).toEqual({});
  });

  it('uses REST: labels, bodies and errors', async () => {
    const { payload } = await invoke('clustering', { name: 'blue' });
    expect(payload).toEqual({ endpoint: 'https://127.0.0.1:6443', created: '2026-11-21T10:00:00.000Z' });
    const other = await invoke('clustering', { name: 'red' });
    expect(other.payload).toMatchObject({
      errorType: 'ResourceNotFoundException',
      errorMessage: 'No cluster found for name: red.',
    });
  });

  it('gives SQS errors the names that the SDK knows', async () => {
    const { payload } = await invoke('sending', { queue: 'https://sqs.eu-central-1.amazonaws.com/123456789012/none' });
    expect(payload).toBe('QueueDoesNotExist');
  });

  it("denies in AWS's own words if no policy allows", async () => {
    const { payload } = await invoke('invoking', { target: 'clustering', payload: {} });
    expect(payload['errorType']).toBe('AccessDeniedException');
    expect(payload['errorMessage']).toMatch(
      /^User: arn:aws:sts::123456789012:assumed-role\/\S+\/invoking is not authorized to perform: lambda:InvokeFunction on resource: arn:aws:lambda:eu-central-1:123456789012:function:clustering because no identity-based policy allows the lambda:InvokeFunction action$/,
    );
  });

  it('lets the SDK retry what is throttled, and counts every attempt', async () => {
    let throttles = 3;
    const before = cloud.calls.get('ssm:SendCommand') ?? 0;
    cloud.faults = {
      beforeCall: () => (throttles-- > 0 ? new AwsError('ThrottlingException', 'Rate exceeded') : undefined),
    };
    const { payload } = await invoke('commanding', { DocumentName: 'doc', InstanceIds: ['i-1'] });
    expect(payload['id']).toBe('c-1');
    expect((cloud.calls.get('ssm:SendCommand') ?? 0) - before).toBe(4);
  });

  it('kills a function right after its call took effect', async () => {
    cloud.faults = { afterCall: ({ operation: name }) => (name === 'SendCommand' ? 'crash' : undefined) };
    const { error, payload } = await invoke('commanding', { DocumentName: 'doc', InstanceIds: ['i-1'] });
    expect(error).toBe('Unhandled');
    expect(payload['errorType']).toBe('Runtime.ExitError');
    expect(cloud.journal.at(-1)?.error).toBe('CallerCrashed');
    cloud.faults = {};
    expect((await invoke('commanding', { DocumentName: 'doc', InstanceIds: ['i-1'] })).payload['id']).toBe('c-1');
  });
});
