/**
 * EC2 Auto Scaling, limited to launch hooks and the termination of single instances:
 * https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CompleteLifecycleAction.html,
 * https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_TerminateInstanceInAutoScalingGroup.html and
 * https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-lifecycle.html. Groups are made by the run,
 * not by a template.
 */
import { randomUUID } from 'node:crypto';
import type {
  CompleteLifecycleActionCommandInput,
  LifecycleState,
  TerminateInstanceInAutoScalingGroupCommandInput,
} from '@aws-sdk/client-auto-scaling';
import type { Clock, Timer } from '../clock.ts';
import { type Authorization, AwsError, type Environment, operation, type Service } from '../gateway/service.ts';
import type { Ec2 } from './ec2/ec2.ts';
import type { StoredInstance } from './ec2/instance.ts';
import type { Emit } from './service-event.ts';

/** A hook that holds new instances until it is answered, or its heartbeat times out. */
export interface LaunchHook {
  readonly name: string;
  readonly heartbeatSeconds: number;
  readonly defaultResult: 'CONTINUE' | 'ABANDON';
}

/** An Auto Scaling group. */
export interface Group {
  readonly name: string;
  /** The group's own tags; its instances have separate ones. */
  readonly tags: Readonly<Record<string, string>>;
  readonly hook?: LaunchHook;
  /** Launches another instance: the group keeps its desired capacity. */
  readonly launch?: () => void;
}

interface Member {
  readonly group: Group;
  lifecycle: LifecycleState;
  heartbeat?: Timer;
}

/** The tag that marks a group's instances. */
const groupTag = 'aws:autoscaling:groupName';
/** How long a group takes to notice that an instance is gone, in milliseconds. */
const healthCheckMs = 60_000;

/** The groups of one account and region. */
export class AutoScaling {
  readonly service: Service;
  readonly #clock: Clock;
  readonly #env: Environment;
  readonly #ec2: Ec2;
  readonly #emit: Emit;
  readonly #groups = new Map<string, { readonly group: Group; readonly arn: string }>();
  readonly #members = new Map<string, Member>();

  constructor(options: { clock: Clock; env: Environment; ec2: Ec2; emit: Emit }) {
    this.#clock = options.clock;
    this.#env = options.env;
    this.#ec2 = options.ec2;
    this.#emit = options.emit;
    this.#ec2.watch((instance) => this.#changed(instance));
    this.service = {
      name: 'autoscaling',
      operations: {
        CompleteLifecycleAction: operation(
          (input: CompleteLifecycleActionCommandInput) =>
            this.#authorization('CompleteLifecycleAction', input.AutoScalingGroupName),
          (input) => this.#complete(input),
        ),
        TerminateInstanceInAutoScalingGroup: operation(
          (input: TerminateInstanceInAutoScalingGroupCommandInput) => {
            const name = this.#members.get(input.InstanceId ?? '')?.group.name;
            return this.#authorization('TerminateInstanceInAutoScalingGroup', name);
          },
          (input) => this.#terminate(input),
        ),
      },
    };
  }

  /** Creates a group. Instances with its name in their tag belong to it from their launch on. */
  addGroup(group: Group): void {
    const { partition, region, account } = this.#env;
    const arn = `arn:${partition}:autoscaling:${region}:${account}:autoScalingGroup:${randomUUID()}:autoScalingGroupName/${group.name}`;
    this.#groups.set(group.name, { group, arn });
  }

  /** An instance's lifecycle state; undefined if it belongs to no group. */
  lifecycleOf(instanceId: string): LifecycleState | undefined {
    return this.#members.get(instanceId)?.lifecycle;
  }

  #changed({ id, state, tags }: StoredInstance): void {
    const group = this.#groups.get(tags[groupTag] ?? '')?.group;
    if (group === undefined) return;
    const member = this.#members.get(id);
    if (member === undefined) {
      this.#members.set(id, { group, lifecycle: 'Pending' });
    } else if (state === 'running' && member.lifecycle === 'Pending') {
      this.#launched(id, member);
    } else if (state === 'shutting-down' && !member.lifecycle.startsWith('Terminating')) {
      // It was terminated by another caller: the group notices at its health check.
      this.#leaves(member);
      this.#clock.after(healthCheckMs, () => group.launch?.());
    } else if (state === 'terminated') {
      member.lifecycle = 'Terminated';
    }
  }

  #launched(id: string, member: Member): void {
    const { hook, name } = member.group;
    if (hook === undefined) {
      member.lifecycle = 'InService';
      return;
    }
    member.lifecycle = 'Pending:Wait';
    member.heartbeat = this.#clock.after(hook.heartbeatSeconds * 1000, () => this.#end(id, member, hook.defaultResult));
    this.#emit({
      source: 'aws.autoscaling',
      'detail-type': 'EC2 Instance-launch Lifecycle Action',
      resources: [this.#groups.get(name)?.arn ?? ''],
      detail: {
        LifecycleActionToken: randomUUID(),
        AutoScalingGroupName: name,
        LifecycleHookName: hook.name,
        EC2InstanceId: id,
        LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
        Origin: 'EC2',
        Destination: 'AutoScalingGroup',
      },
    });
  }

  #complete({
    AutoScalingGroupName,
    LifecycleHookName,
    LifecycleActionResult,
    InstanceId = '',
    LifecycleActionToken,
  }: CompleteLifecycleActionCommandInput): object {
    if (LifecycleActionToken !== undefined) throw invalid('LifecycleActionToken is not modelled here');
    if (!this.#groups.has(AutoScalingGroupName ?? '')) throw invalid('AutoScalingGroup name not found - null');
    if (LifecycleActionResult !== 'CONTINUE' && LifecycleActionResult !== 'ABANDON')
      throw invalid(`Lifecycle action result must be one of CONTINUE, ABANDON: ${LifecycleActionResult}`);
    const member = this.#members.get(InstanceId);
    const waits = member?.lifecycle === 'Pending:Wait' && member.group.name === AutoScalingGroupName;
    if (!waits || member.group.hook?.name !== LifecycleHookName)
      throw invalid(`No active Lifecycle Action found with instance ID ${InstanceId}`);
    this.#end(InstanceId, member, LifecycleActionResult);
    return {};
  }

  /** Ends the wait: the instance goes into service, or is terminated. */
  #end(id: string, member: Member, result: 'CONTINUE' | 'ABANDON'): void {
    member.heartbeat?.cancel();
    if (result === 'CONTINUE') {
      member.lifecycle = 'InService';
      return;
    }
    this.#leaves(member);
    this.#ec2.terminate(id);
    member.group.launch?.();
  }

  #terminate({ InstanceId = '', ShouldDecrementDesiredCapacity }: TerminateInstanceInAutoScalingGroupCommandInput) {
    const member = this.#members.get(InstanceId);
    if (member === undefined || member.lifecycle === 'Terminated')
      throw invalid(`Instance Id not found - No managed instance found for instance ID: ${InstanceId}`);
    const began = !member.lifecycle.startsWith('Terminating');
    this.#leaves(member);
    this.#ec2.terminate(InstanceId);
    if (began && ShouldDecrementDesiredCapacity !== true) member.group.launch?.();
    const now = new Date(this.#clock.now());
    return {
      Activity: {
        ActivityId: randomUUID(),
        AutoScalingGroupName: member.group.name,
        Cause: `At ${now.toISOString()} instance ${InstanceId} was taken out of service in response to a user request.`,
        StartTime: now,
        StatusCode: 'InProgress' as const,
        Progress: 0,
      },
    };
  }

  #leaves(member: Member): void {
    member.heartbeat?.cancel();
    member.lifecycle = 'Terminating';
  }

  /** Both actions are authorized on the group, with the group's tags. */
  #authorization(action: string, name: string | undefined): Authorization[] {
    const found = this.#groups.get(name ?? '');
    const tags = Object.entries(found?.group.tags ?? {});
    return [
      {
        action: `autoscaling:${action}`,
        resource: found?.arn ?? '*',
        context: Object.fromEntries(
          tags.flatMap(([key, value]) => [
            [`autoscaling:ResourceTag/${key}`, value],
            [`aws:ResourceTag/${key}`, value],
          ]),
        ),
      },
    ];
  }
}

function invalid(message: string): AwsError {
  return new AwsError('ValidationError', message);
}
