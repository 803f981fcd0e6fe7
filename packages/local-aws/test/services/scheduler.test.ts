// Examples from https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html, setting-up.html (execution
// role) and https://docs.aws.amazon.com/scheduler/latest/APIReference/API_RetryPolicy.html
import { beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../clock.ts';
import { AwsError, here, operation, type Principal } from '../../gateway/service.ts';
import { Scheduler } from '../../services/scheduler.ts';
import { make, PermissiveAws } from './permissive.ts';

const Arn = 'arn:aws:lambda:eu-central-1:123456789012:function:sweep';
const RoleArn = 'arn:aws:iam::123456789012:role/schedule';

let clock: VirtualClock;
let aws: PermissiveAws;
let scheduler: Scheduler;
let sessions: string[];
let trusted: boolean;

beforeEach(() => {
  clock = new VirtualClock(0);
  aws = new PermissiveAws(clock);
  sessions = [];
  trusted = true;
  scheduler = new Scheduler({
    clock,
    aws,
    env: here,
    session: (roleArn, sessionName, sourceArn): Principal => {
      if (!trusted) throw new AwsError('AccessDeniedException', 'no trust', 403);
      sessions.push(sourceArn);
      return { kind: 'role', roleArn, sessionName };
    },
  });
  aws.add({
    name: 'lambda',
    operations: {
      Invoke: operation(
        () => [],
        () => ({ StatusCode: 202 }),
      ),
    },
  });
});

const schedule = (properties: object = {}, target: object = {}) =>
  make(aws, scheduler.resourceTypes, 'AWS::Scheduler::Schedule', {
    Name: 's',
    ScheduleExpression: 'rate(5 minutes)',
    FlexibleTimeWindow: { Mode: 'OFF' },
    Target: { Arn, RoleArn, ...target },
    ...properties,
  });
const pass = (ms: number) => clock.run(() => false, clock.now() + ms);
const invoked = () => aws.inputs('lambda:Invoke') as { InvocationType: string; Payload: Buffer }[];

describe('a schedule with a rate', () => {
  it('is due immediately and then at its rate, within the minute', async () => {
    await expect(schedule()).resolves.toEqual({
      ref: 's',
      attributes: { Arn: 'arn:aws:scheduler:eu-central-1:123456789012:schedule/default/s' },
    });
    await pass(59_000);
    expect(invoked()).toHaveLength(1);
    await pass(5 * 60_000);
    expect(invoked()).toHaveLength(2);
    await pass(60 * 60_000);
    expect(invoked()).toHaveLength(14);
  });

  it('invokes its function asynchronously, with its input, in the role that trusts its group', async () => {
    await schedule({}, { Input: '{"part":1}' });
    await pass(60_000);
    const [call] = invoked();
    expect(call?.InvocationType).toBe('Event');
    expect(call?.Payload.toString()).toBe('{"part":1}');
    expect(aws.calls[0]?.principal).toEqual({ kind: 'role', roleArn: RoleArn, sessionName: 's' });
    expect(new Set(sessions)).toEqual(new Set(['arn:aws:scheduler:eu-central-1:123456789012:schedule-group/default']));
  });

  it('that is disabled invokes nothing', async () => {
    await schedule({ State: 'DISABLED' });
    await pass(60 * 60_000);
    expect(invoked()).toEqual([]);
  });
});

describe('an invocation that Lambda does not accept', () => {
  const throttled = () => new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429);

  it('is retried, but not more often than the policy allows', async () => {
    aws.faults.set('lambda:Invoke', throttled);
    await schedule({ ScheduleExpression: 'rate(1 day)' }, { RetryPolicy: { MaximumRetryAttempts: 3 } });
    await pass(3_600_000);
    expect(invoked()).toHaveLength(4);
  });

  it('is dropped when it is too old', async () => {
    aws.faults.set('lambda:Invoke', throttled);
    await schedule({ ScheduleExpression: 'rate(1 day)' }, { RetryPolicy: { MaximumEventAgeInSeconds: 60 } });
    await pass(3_600_000);
    // After 0, 1, 3, 7, 15 and 31 s; the next would be at 63 s.
    expect(invoked()).toHaveLength(6);
  });

  it('does not delay the next one', async () => {
    let refusals = 1;
    aws.faults.set('lambda:Invoke', () => (refusals-- > 0 ? throttled() : undefined));
    await schedule({}, { RetryPolicy: { MaximumRetryAttempts: 0 } });
    await pass(6 * 60_000);
    expect(invoked()).toHaveLength(2);
  });
});

it('a role that Scheduler may not assume fails the creation', async () => {
  trusted = false;
  await expect(schedule()).rejects.toMatchObject({
    code: 'ValidationException',
    message: 'The execution role you provide must allow AWS EventBridge Scheduler to assume the role.',
  });
});

it.each([
  ['a cron expression', { ScheduleExpression: 'cron(0 1 * * ? *)' }, /only rate/],
  ['a rate of nothing', { ScheduleExpression: 'rate(0 minutes)' }, /only rate/],
  ['a flexible window', { FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 5 } }, /FlexibleTimeWindow/],
  ['a group', { GroupName: 'g' }, /GroupName/],
  ['a queue as its target', { Target: { Arn: 'arn:aws:sqs:eu-central-1:123456789012:q', RoleArn } }, /only functions/],
  ['a universal target', { Target: { Arn: 'arn:aws:scheduler:::aws-sdk:lambda:invoke', RoleArn } }, /only functions/],
  ['too many retries', { Target: { Arn, RoleArn, RetryPolicy: { MaximumRetryAttempts: 186 } } }, /185/],
  ['too young an age', { Target: { Arn, RoleArn, RetryPolicy: { MaximumEventAgeInSeconds: 59 } } }, /60/],
])('a schedule with %s is refused', async (_name, properties, message) => {
  await expect(schedule(properties)).rejects.toThrow(message);
});
