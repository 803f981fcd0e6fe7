// Examples from https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html and
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html
import type { DescribeInstancesCommandOutput } from '@aws-sdk/client-ec2';
import { beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../clock.ts';
import { here } from '../../../gateway/service.ts';
import { Ec2 } from '../../../services/ec2/ec2.ts';
import type { ServiceEvent } from '../../../services/service-event.ts';
import { PermissiveAws, someone } from '../permissive.ts';

let clock: VirtualClock;
let aws: PermissiveAws;
let ec2: Ec2;
let events: ServiceEvent[];

beforeEach(() => {
  clock = new VirtualClock(0);
  aws = new PermissiveAws(clock);
  events = [];
  ec2 = new Ec2({ clock, env: here, emit: (event) => events.push(event) });
  aws.add(ec2.service);
});

async function describeInstances(input: object = {}) {
  const output = (await aws.call(someone, 'ec2', 'DescribeInstances', input)) as DescribeInstancesCommandOutput;
  const instances = (output.Reservations ?? []).flatMap((one) => one.Instances ?? []);
  return { ids: instances.map((one) => one.InstanceId), instances, next: output.NextToken };
}
const pass = (ms: number) => clock.run(() => false, clock.now() + ms);
const states = () => events.map((event) => event.detail['state']);

describe('the life of an instance', () => {
  it('is reported by events without tags: pending, then running, with the instance as the resource', async () => {
    const id = ec2.launch({ tags: { a: 'b' } });
    await pass(60_000);
    expect(events).toEqual(
      ['pending', 'running'].map((state) => ({
        source: 'aws.ec2',
        'detail-type': 'EC2 Instance State-change Notification',
        resources: [`arn:aws:ec2:eu-central-1:123456789012:instance/${id}`],
        detail: { 'instance-id': id, state },
      })),
    );
  });

  it('continues over stop and start, which renews its launch time', async () => {
    const id = ec2.launch();
    await pass(60_000);
    ec2.stop(id);
    await pass(60_000);
    ec2.start(id);
    await pass(60_000);
    expect(states()).toEqual(['pending', 'running', 'stopping', 'stopped', 'pending', 'running']);
    expect((await describeInstances()).instances[0]?.LaunchTime?.getTime()).toBe(120_000);
  });

  it('that is terminated while it is pending never runs, and is shown for an hour', async () => {
    const id = ec2.launch();
    ec2.terminate(id);
    await pass(60_000);
    expect(states()).toEqual(['pending', 'shutting-down', 'terminated']);
    expect((await describeInstances()).instances[0]).toMatchObject({
      State: { Name: 'terminated', Code: 48 },
      PrivateDnsName: '',
    });
    await pass(3_600_000);
    expect((await describeInstances()).ids).toEqual([]);
  });

  it('of a spot instance ends two minutes after the warning', async () => {
    const id = ec2.launch({ availabilityZone: 'eu-central-1b', spot: true });
    await pass(60_000);
    ec2.interrupt(id);
    expect(events.at(-1)).toMatchObject({
      'detail-type': 'EC2 Spot Instance Interruption Warning',
      resources: [`arn:aws:ec2:eu-central-1b:123456789012:instance/${id}`],
    });
    await pass(119_999);
    expect(ec2.instance(id).state).toBe('running');
    await pass(1);
    expect(ec2.instance(id).state).toBe('shutting-down');
  });
});

describe('DescribeInstances', () => {
  it('answers a filter with the known ids, and an unknown id in InstanceIds with an error for all', async () => {
    const id = ec2.launch();
    const unknown = 'i-0123456789abcdef0';
    const Filters = [{ Name: 'instance-id', Values: [id, unknown] }];
    expect((await describeInstances({ Filters })).ids).toEqual([id]);
    await expect(describeInstances({ InstanceIds: [id, unknown] })).rejects.toThrow(
      `The instance ID '${unknown}' does not exist`,
    );
    await expect(describeInstances({ InstanceIds: ['i-x'] })).rejects.toMatchObject({
      code: 'InvalidInstanceID.Malformed',
    });
  });

  it('filters by tag and state, with wildcards, each filter holding', async () => {
    const a = ec2.launch({ tags: { pool: 'orders-a' } });
    ec2.launch({ tags: { pool: 'payments' } });
    await pass(60_000);
    ec2.launch({ tags: { pool: 'orders-b' } });
    const Filters = [
      { Name: 'tag:pool', Values: ['orders-*'] },
      { Name: 'instance-state-name', Values: ['running', 'stopped'] },
    ];
    expect((await describeInstances({ Filters })).ids).toEqual([a]);
  });

  it.each([
    ['a\\*b', 'a*b'],
    ['a\\?b', 'a?b'],
    ['a\\\\b', 'a\\b'],
    ['a.b', 'a.b'],
    ['a\u{1f642}?', 'a\u{1f642}c'],
  ])('takes a wildcard after a backslash literally: %s', async (filter, key) => {
    const one = ec2.launch({ tags: { [key]: '' } });
    ec2.launch({ tags: { axb: '' } });
    expect((await describeInstances({ Filters: [{ Name: 'tag-key', Values: [filter] }] })).ids).toEqual([one]);
  });

  it('accepts at most 200 filter values, and no filter that is not modelled', async () => {
    const Values = Array.from({ length: 201 }, (_, index) => `i-${index}`);
    await expect(describeInstances({ Filters: [{ Name: 'instance-id', Values }] })).rejects.toMatchObject({
      code: 'FilterLimitExceeded',
    });
    await expect(describeInstances({ Filters: [{ Name: 'vpc-id', Values: [] }] })).rejects.toThrow(
      /'vpc-id' is invalid/,
    );
  });

  it('returns pages', async () => {
    for (let count = 0; count < 7; count++) ec2.launch();
    const first = await describeInstances({ MaxResults: 5 });
    const second = await describeInstances({ MaxResults: 5, NextToken: first.next });
    expect(first.ids.length).toBe(5);
    expect(second.ids.length).toBe(2);
    expect(second.next).toBeUndefined();
    await expect(describeInstances({ MaxResults: 4 })).rejects.toMatchObject({ code: 'InvalidParameterValue' });
  });
});

it('TerminateInstances is authorized on each instance with its tags', async () => {
  const id = ec2.launch({ tags: { 'acme:runtime': 'orders' } });
  const operation = ec2.service.operations['TerminateInstances'];
  expect(operation?.authorize({ InstanceIds: [id] } as never, { principal: someone, now: 0 })).toEqual([
    {
      action: 'ec2:TerminateInstances',
      resource: `arn:aws:ec2:eu-central-1:123456789012:instance/${id}`,
      context: { 'aws:ResourceTag/acme:runtime': 'orders', 'ec2:ResourceTag/acme:runtime': 'orders' },
    },
  ]);
  await expect(aws.call(someone, 'ec2', 'TerminateInstances', { InstanceIds: [id] })).resolves.toEqual({
    TerminatingInstances: [
      {
        InstanceId: id,
        PreviousState: { Code: 0, Name: 'pending' },
        CurrentState: { Code: 32, Name: 'shutting-down' },
      },
    ],
  });
});

describe('CreateTags', () => {
  const put = (Resources: readonly string[], tags: Readonly<Record<string, string>>) =>
    aws.call(someone, 'ec2', 'CreateTags', {
      Resources,
      Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    });

  it('adds tags and overwrites them, on each instance of the call', async () => {
    const ids = [ec2.launch({ tags: { a: '1', b: '1' } }), ec2.launch()];
    await put(ids, { b: '2', c: '2' });
    expect(ids.map((id) => ec2.instance(id).tags)).toEqual([
      { a: '1', b: '2', c: '2' },
      { b: '2', c: '2' },
    ]);
  });

  it.each([
    ['a key that AWS reserves', { 'aws:cloudformation:stack-name': 'x' }, /reserved/],
    ['a key that is too long', { ['k'.repeat(129)]: '' }, /key is too long/],
    ['a value that is too long', { k: 'v'.repeat(257) }, /maximum length of 256/],
    ['no tags', {}, /must contain the parameter Tags/],
  ])('refuses %s', async (_what, tags, message) => {
    await expect(put([ec2.launch()], tags)).rejects.toThrow(message);
  });

  it('counts the characters of a tag, not the halves of one', async () => {
    const id = ec2.launch();
    const tags = { ['\u{1f642}'.repeat(128)]: '\u{1f642}'.repeat(256) };
    await put([id], tags);
    expect(ec2.instance(id).tags).toEqual(tags);
  });

  it('fails for all instances if one has no room or is unknown', async () => {
    const fifty = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`t${at}`, '']));
    const [empty, full] = [ec2.launch(), ec2.launch({ tags: { ...fifty, 'aws:ec2:fleet-id': 'f' } })];
    await expect(put([empty, full], { more: '' })).rejects.toMatchObject({ code: 'TagLimitExceeded' });
    await put([full], { t0: 'overwritten' });
    const unknown = 'i-00000000000000000';
    await expect(put([empty, unknown], { more: '' })).rejects.toMatchObject({ code: 'InvalidInstanceID.NotFound' });
    expect(ec2.instance(empty).tags).toEqual({});
  });
});
