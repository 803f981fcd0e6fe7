// Examples from https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CompleteLifecycleAction.html,
// API_TerminateInstanceInAutoScalingGroup.html and
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-lifecycle.html
import { beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../clock.ts';
import { here } from '../../gateway/service.ts';
import { AutoScaling, type Group } from '../../services/autoscaling.ts';
import { Ec2 } from '../../services/ec2/ec2.ts';
import type { ServiceEvent } from '../../services/service-event.ts';
import { PermissiveAws, someone } from './permissive.ts';

let clock: VirtualClock;
let aws: PermissiveAws;
let ec2: Ec2;
let autoScaling: AutoScaling;
let events: ServiceEvent[];
let launches: number;

const hook = { name: 'acme', heartbeatSeconds: 600, defaultResult: 'ABANDON' } as const;
const pass = (ms: number) => clock.run(() => false, clock.now() + ms);
const complete = (InstanceId: string, LifecycleActionResult: string, more: object = {}) =>
  aws.call(someone, 'autoscaling', 'CompleteLifecycleAction', {
    AutoScalingGroupName: 'builders',
    LifecycleHookName: 'acme',
    InstanceId,
    LifecycleActionResult,
    ...more,
  });
const terminate = (InstanceId: string, ShouldDecrementDesiredCapacity = false) =>
  aws.call(someone, 'autoscaling', 'TerminateInstanceInAutoScalingGroup', {
    InstanceId,
    ShouldDecrementDesiredCapacity,
  });

beforeEach(() => {
  clock = new VirtualClock(0);
  aws = new PermissiveAws(clock);
  events = [];
  launches = 0;
  const emit = (event: ServiceEvent) => events.push(event);
  ec2 = new Ec2({ clock, env: here, emit });
  autoScaling = new AutoScaling({ clock, env: here, ec2, emit });
  aws.add(ec2.service);
  aws.add(autoScaling.service);
});

async function member(change: Partial<Group> = {}): Promise<string> {
  autoScaling.addGroup({ name: 'builders', tags: { team: 'ci' }, launch: () => launches++, ...change });
  const id = ec2.launch({ tags: { 'aws:autoscaling:groupName': 'builders' } });
  await pass(30_000);
  return id;
}

describe('an instance of a group', () => {
  it('is in service as soon as it runs if no hook waits', async () => {
    expect(autoScaling.lifecycleOf(await member())).toBe('InService');
  });

  it('waits for the hook while it runs, and an event reports it', async () => {
    const id = await member({ hook });
    expect(autoScaling.lifecycleOf(id)).toBe('Pending:Wait');
    expect(ec2.instance(id).state).toBe('running');
    const detail = { AutoScalingGroupName: 'builders', LifecycleHookName: 'acme', EC2InstanceId: id };
    expect(events.filter(({ source }) => source === 'aws.autoscaling')).toMatchObject([
      { 'detail-type': 'EC2 Instance-launch Lifecycle Action', detail },
    ]);
  });

  it.each([
    ['ABANDON', 'shutting-down', 1],
    ['CONTINUE', 'running', 0],
  ] as const)('whose hook gets no answer takes the default result %s', async (defaultResult, state, launched) => {
    const id = await member({ hook: { ...hook, defaultResult } });
    await pass(600_000 - 22_001);
    expect(ec2.instance(id).state).toBe('running');
    await pass(1);
    expect(ec2.instance(id).state).toEqual(state);
    expect(launches).toEqual(launched);
  });

  it('that another caller ended is replaced after the next health check', async () => {
    const id = await member();
    ec2.terminate(id);
    await pass(59_999);
    expect(launches).toBe(0);
    await pass(1);
    expect(launches).toBe(1);
  });
});

describe('CompleteLifecycleAction', () => {
  it('with CONTINUE brings the instance into service', async () => {
    const id = await member({ hook });
    await complete(id, 'CONTINUE');
    await pass(3_600_000);
    expect(autoScaling.lifecycleOf(id)).toBe('InService');
    expect(launches).toBe(0);
  });

  it('with ABANDON ends it, and launches another', async () => {
    const id = await member({ hook });
    await complete(id, 'ABANDON');
    await pass(60_000);
    expect(ec2.instance(id).state).toBe('terminated');
    expect(launches).toBe(1);
  });

  it.each([
    ['a second time', 'CONTINUE', {}],
    ['for another hook', 'CONTINUE', { LifecycleHookName: 'other' }],
    ['for a stranger', 'CONTINUE', { InstanceId: 'i-0123456789abcdef0' }],
  ])('%s finds no active action', async (what, result, more) => {
    const id = await member({ hook });
    if (what === 'a second time') await complete(id, result);
    await expect(complete(id, result, more)).rejects.toMatchObject({
      code: 'ValidationError',
      message: expect.stringContaining('No active Lifecycle Action found with instance ID i-'),
    });
  });

  it('accepts only CONTINUE and ABANDON, and existing groups', async () => {
    const id = await member({ hook });
    await expect(complete(id, 'STOP')).rejects.toMatchObject({ code: 'ValidationError' });
    await expect(complete(id, 'CONTINUE', { AutoScalingGroupName: 'x' })).rejects.toThrow(/not found/);
  });
});

describe('TerminateInstanceInAutoScalingGroup', () => {
  it('ends the instance, and launches another unless the capacity shrinks', async () => {
    const first = await member();
    await expect(terminate(first)).resolves.toMatchObject({ Activity: { StatusCode: 'InProgress' } });
    expect(ec2.instance(first).state).toBe('shutting-down');
    expect(launches).toBe(1);
    await terminate(first);
    expect(launches).toBe(1);
    await terminate(ec2.launch({ tags: { 'aws:autoscaling:groupName': 'builders' } }), true);
    expect(launches).toBe(1);
  });

  it('rejects an instance that belongs to no group', async () => {
    await expect(terminate(ec2.launch())).rejects.toThrow(/No managed instance found for instance ID: i-/);
  });
});

it('both are authorized on the group, with its own tags', async () => {
  const id = await member({ hook });
  for (const [name, input] of [
    ['CompleteLifecycleAction', { AutoScalingGroupName: 'builders' }],
    ['TerminateInstanceInAutoScalingGroup', { InstanceId: id }],
  ] as const) {
    const { authorize } = autoScaling.service.operations[name] ?? {};
    expect(authorize?.(input as never, { principal: someone, now: 0 })).toEqual([
      {
        action: `autoscaling:${name}`,
        resource: expect.stringMatching(/:autoScalingGroup:[-0-9a-f]{36}:autoScalingGroupName\/builders$/),
        context: { 'autoscaling:ResourceTag/team': 'ci', 'aws:ResourceTag/team': 'ci' },
      },
    ]);
  }
});
