/**
 * EC2, limited to instances: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html. Their
 * states and events: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html
 */
import { createHash, randomBytes } from 'node:crypto';
import type {
  CreateTagsCommandInput,
  DescribeInstancesCommandInput,
  Instance,
  InstanceStateChange,
  InstanceStateName,
  StartInstancesCommandInput,
  StopInstancesCommandInput,
  TerminateInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import type { Clock } from '../../clock.ts';
import {
  type Authorization,
  AwsError,
  type Environment,
  type IamContext,
  operation,
  type Service,
} from '../../gateway/service.ts';
import type { Emit } from '../service-event.ts';
import { Throttle } from '../throttle.ts';
import { matchesFilters } from './filters.ts';
import type { StoredInstance } from './instance.ts';
import { refuseTags, refuseTooMany, requestTagContext, tagsOf } from './tags.ts';

/** An instance's launch options. */
export interface Launch {
  /** Generated if absent. */
  readonly id?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly availabilityZone?: string;
  readonly privateDnsName?: string;
  readonly instanceType?: string;
  readonly architecture?: 'arm64' | 'x86_64';
  readonly spot?: boolean;
  /** The name of its instance profile; absent if it has none. */
  readonly instanceProfile?: string;
  /** Milliseconds since the epoch; the clock's time by default. */
  readonly launchTime?: number;
  /** How long it is pending, in milliseconds. */
  readonly pendingMs?: number;
  /**
   * How long after its launch DescribeInstances does not show it yet, in milliseconds: EC2 is eventually consistent.
   */
  readonly unseenMs?: number;
}

/** Receives each state that an instance enters. */
export type StateWatcher = (instance: StoredInstance) => void;

/** How long an instance takes between two states, in milliseconds. */
const changeMs = 8000;
/** How long a terminated instance is still shown, in milliseconds. */
const shownAfterTerminationMs = 3_600_000;
const stateCodes: Readonly<Record<InstanceStateName, number>> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

/**
 * How many DescribeInstances calls are accepted, with and without filters, ids or pages:
 * https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html, non-mutating actions.
 */
const describeRate = { burst: 100, perSecond: 20 };
const unfilteredRate = { burst: 50, perSecond: 10 };

/** The instances of one account and region. */
export class Ec2 {
  readonly service: Service;
  readonly #clock: Clock;
  readonly #env: Environment;
  readonly #emit: Emit;
  readonly #instances = new Map<string, StoredInstance>();
  readonly #watchers: StateWatcher[] = [];
  readonly #filtered: Throttle;
  readonly #unfiltered: Throttle;

  constructor(options: { clock: Clock; env: Environment; emit: Emit }) {
    this.#filtered = new Throttle(options.clock, () => describeRate);
    this.#unfiltered = new Throttle(options.clock, () => unfilteredRate);
    this.#clock = options.clock;
    this.#env = options.env;
    this.#emit = options.emit;
    const each = (action: string) => (input: { InstanceIds: string[] | undefined }) =>
      (input.InstanceIds ?? []).map((id) => this.#authorization(action, id));
    this.service = {
      name: 'ec2',
      operations: {
        DescribeInstances: operation(
          () => [{ action: 'ec2:DescribeInstances', resource: '*' }],
          (input: DescribeInstancesCommandInput) => {
            this.#throttle(input);
            return this.#describe(input);
          },
        ),
        CreateTags: operation(
          ({ Resources, Tags }: CreateTagsCommandInput) =>
            (Resources ?? []).map((id) => {
              const { context, ...asked } = this.#authorization('CreateTags', id);
              return { ...asked, context: { ...context, ...requestTagContext(tagsOf(Tags)) } };
            }),
          ({ Resources, Tags }) => {
            const added = tagsOf(Tags);
            refuseTags(added);
            const named = this.#named(Resources);
            // One instance without room fails the call for all.
            for (const { tags } of named) refuseTooMany({ ...tags, ...added });
            for (const one of named) one.tags = { ...one.tags, ...added };
            return {};
          },
        ),
        TerminateInstances: operation(each('TerminateInstances'), (input: TerminateInstancesCommandInput) => ({
          TerminatingInstances: this.#named(input.InstanceIds).map((one) =>
            this.#change(one, () => this.terminate(one.id)),
          ),
        })),
        StopInstances: operation(each('StopInstances'), (input: StopInstancesCommandInput) => ({
          StoppingInstances: this.#named(input.InstanceIds).map((one) => this.#change(one, () => this.stop(one.id))),
        })),
        StartInstances: operation(each('StartInstances'), (input: StartInstancesCommandInput) => ({
          StartingInstances: this.#named(input.InstanceIds).map((one) => this.#change(one, () => this.start(one.id))),
        })),
      },
    };
  }

  #throttle({ Filters, InstanceIds, MaxResults }: DescribeInstancesCommandInput): void {
    const narrowed = Filters !== undefined || InstanceIds !== undefined || MaxResults !== undefined;
    if ((narrowed ? this.#filtered : this.#unfiltered).take()) return;
    throw new AwsError('RequestLimitExceeded', 'Request limit exceeded.', 503);
  }

  /** Calls `watcher` for each state that an instance enters. */
  watch(watcher: StateWatcher): void {
    this.#watchers.push(watcher);
  }

  /** Launches an instance: pending now, running after `pendingMs`. @returns its id */
  launch(launch: Launch = {}): string {
    const { region, account, partition } = this.#env;
    const id = launch.id ?? `i-0${randomBytes(8).toString('hex')}`;
    const index = this.#instances.size;
    const instance: StoredInstance = {
      id,
      arn: `arn:${partition}:ec2:${region}:${account}:instance/${id}`,
      tags: { ...launch.tags },
      availabilityZone: launch.availabilityZone ?? `${region}${'abc'.charAt(index % 3)}`,
      privateDnsName: launch.privateDnsName ?? `ip-${address(index).replaceAll('.', '-')}.${region}.compute.internal`,
      instanceType: launch.instanceType ?? 'm7g.large',
      architecture: launch.architecture ?? 'arm64',
      spot: launch.spot ?? false,
      instanceProfile:
        launch.instanceProfile && `arn:${partition}:iam::${account}:instance-profile/${launch.instanceProfile}`,
      reservationId: `r-0${randomBytes(8).toString('hex')}`,
      index,
      state: 'pending',
      launchTime: launch.launchTime ?? this.#clock.now(),
      shownFrom: this.#clock.now() + (launch.unseenMs ?? 0),
      terminatedAt: undefined,
    };
    this.#instances.set(id, instance);
    this.#enter(instance, 'pending');
    this.#clock.after(launch.pendingMs ?? changeMs, () => this.#enter(instance, 'running', 'pending'));
    return id;
  }

  /** Terminates an instance: shutting-down now, terminated a little later. */
  terminate(id: string): void {
    const instance = this.instance(id);
    if (instance.state === 'shutting-down' || instance.state === 'terminated') return;
    this.#enter(instance, 'shutting-down');
    this.#clock.after(changeMs, () => this.#enter(instance, 'terminated', 'shutting-down'));
  }

  /** Stops a running instance: stopping now, stopped a little later. Throws AwsError IncorrectInstanceState. */
  stop(id: string): void {
    const instance = this.instance(id);
    this.#must(instance, 'running');
    this.#enter(instance, 'stopping');
    this.#clock.after(changeMs, () => this.#enter(instance, 'stopped', 'stopping'));
  }

  /** Starts a stopped instance, which is a new launch. Throws AwsError IncorrectInstanceState. */
  start(id: string): void {
    const instance = this.instance(id);
    this.#must(instance, 'stopped');
    instance.launchTime = this.#clock.now();
    this.#enter(instance, 'pending');
    this.#clock.after(changeMs, () => this.#enter(instance, 'running', 'pending'));
  }

  /** Replaces all of an instance's tags. */
  retag(id: string, tags: Readonly<Record<string, string>>): void {
    this.instance(id).tags = { ...tags };
  }

  /** Warns of a spot interruption, two minutes before it. */
  interrupt(id: string): void {
    const { availabilityZone } = this.instance(id);
    const { partition, account } = this.#env;
    this.#emit({
      source: 'aws.ec2',
      'detail-type': 'EC2 Spot Instance Interruption Warning',
      // Unlike everywhere else, this ARN has the zone in place of the region.
      resources: [`arn:${partition}:ec2:${availabilityZone}:${account}:instance/${id}`],
      detail: { 'instance-id': id, 'instance-action': 'terminate' },
    });
    this.#clock.after(120_000, () => this.terminate(id));
  }

  /** An instance by id, whether EC2 shows it yet or not. Throws AwsError InvalidInstanceID.NotFound. */
  instance(id: string): StoredInstance {
    const instance = this.#instances.get(id);
    if (instance === undefined || hasVanished(instance, this.#clock.now()))
      throw new AwsError('InvalidInstanceID.NotFound', `The instance ID '${id}' does not exist`);
    return instance;
  }

  /** An instance by its id, or undefined. */
  find(id: string): StoredInstance | undefined {
    return this.#instances.get(id);
  }

  /** Every instance that was launched, in order. */
  all(): readonly StoredInstance[] {
    return [...this.#instances.values()];
  }

  #enter(instance: StoredInstance, state: InstanceStateName, from?: InstanceStateName): void {
    if (from !== undefined && instance.state !== from) return;
    instance.state = state;
    if (state === 'terminated') instance.terminatedAt = this.#clock.now();
    for (const watcher of this.#watchers) watcher(instance);
    this.#emit({
      source: 'aws.ec2',
      'detail-type': 'EC2 Instance State-change Notification',
      resources: [instance.arn],
      detail: { 'instance-id': instance.id, state },
    });
  }

  #must(instance: StoredInstance, state: InstanceStateName): void {
    if (instance.state === state) return;
    const message = `The instance '${instance.id}' is not in a state from which it can be changed: it is ${instance.state}, not ${state}.`;
    throw new AwsError('IncorrectInstanceState', message);
  }

  #change(instance: StoredInstance, run: () => void): InstanceStateChange {
    const before = instance.state;
    run();
    return { InstanceId: instance.id, PreviousState: shownState(before), CurrentState: shownState(instance.state) };
  }

  #visible(): StoredInstance[] {
    const now = this.#clock.now();
    return this.all().filter((one) => isShown(one, now));
  }

  /** The instances with the given ids, or all of them. One unknown id fails the call. */
  #named(ids: readonly string[] | undefined): StoredInstance[] {
    const malformed = ids?.find((id) => !/^i-([\da-f]{8}|[\da-f]{17})$/.test(id));
    if (malformed !== undefined) throw new AwsError('InvalidInstanceID.Malformed', `Invalid id: "${malformed}"`);
    const named = (ids ?? []).map((id) => [id, this.#instances.get(id)] as const);
    const now = this.#clock.now();
    const known = named.flatMap(([, one]) => (one !== undefined && isShown(one, now) ? [one] : []));
    const missing = named.filter(([, one]) => one === undefined || !isShown(one, now)).map(([id]) => id);
    if (missing.length === 1)
      throw new AwsError('InvalidInstanceID.NotFound', `The instance ID '${missing[0]}' does not exist`);
    if (missing.length > 1) {
      throw new AwsError('InvalidInstanceID.NotFound', `The instance IDs '${missing.join(', ')}' do not exist`);
    }
    return known;
  }

  #describe(input: DescribeInstancesCommandInput) {
    const { InstanceIds, Filters, MaxResults, NextToken } = input;
    const byId = InstanceIds !== undefined && InstanceIds.length > 0;
    if (byId && MaxResults !== undefined) {
      throw new AwsError(
        'InvalidParameterCombination',
        'The parameter instancesSet cannot be used with the parameter maxResults',
      );
    }
    if (MaxResults !== undefined && (MaxResults < 5 || MaxResults > 1000)) {
      throw new AwsError(
        'InvalidParameterValue',
        `Value ( ${MaxResults} ) for parameter maxResults is invalid. Expecting a value between 5 and 1000.`,
      );
    }
    const start = NextToken === undefined ? 0 : Number(Buffer.from(NextToken, 'base64').toString());
    if (!Number.isInteger(start)) throw new AwsError('InvalidParameterValue', `Unable to parse pagination token`);
    const all = (byId ? this.#named(InstanceIds) : this.#visible()).filter(matchesFilters(Filters ?? []));
    const end = start + (MaxResults ?? 1000);
    const Reservations = all.slice(start, end).map((one) => ({
      ReservationId: one.reservationId,
      OwnerId: this.#env.account,
      Groups: [],
      Instances: [this.#shown(one)],
    }));
    return { Reservations, ...(end < all.length ? { NextToken: Buffer.from(String(end)).toString('base64') } : {}) };
  }

  #shown(one: StoredInstance): Instance {
    return {
      InstanceId: one.id,
      ImageId: 'ami-0123456789abcdef0',
      State: shownState(one.state),
      LaunchTime: new Date(one.launchTime),
      InstanceType: one.instanceType as Instance['InstanceType'] & string,
      Architecture: one.architecture,
      Placement: { AvailabilityZone: one.availabilityZone, Tenancy: 'default', GroupName: '' },
      // A terminated instance has lost its network interface.
      PrivateDnsName: one.state === 'terminated' ? '' : one.privateDnsName,
      ...(one.state === 'terminated' ? {} : { PrivateIpAddress: address(one.index) }),
      ...(one.spot ? { InstanceLifecycle: 'spot' as const } : {}),
      ...(one.instanceProfile === undefined
        ? {}
        : { IamInstanceProfile: { Arn: one.instanceProfile, Id: profileId(one.instanceProfile) } }),
      RootDeviceType: 'ebs',
      Tags: Object.entries(one.tags).map(([Key, Value]) => ({ Key, Value })),
    };
  }

  #authorization(action: string, id: string): Authorization {
    const { partition, region, account } = this.#env;
    const { tags = {}, instanceProfile } = this.#instances.get(id) ?? {};
    return {
      action: `ec2:${action}`,
      resource: `arn:${partition}:ec2:${region}:${account}:instance/${id}`,
      context: {
        ...tagContext(tags, 'ec2'),
        // The key is absent for an instance without a profile.
        ...(instanceProfile === undefined ? {} : { 'ec2:InstanceProfile': instanceProfile }),
      },
    };
  }
}

/** The tags of a resource as condition keys: `aws:ResourceTag/<key>` and the service's own. */
export function tagContext(tags: Readonly<Record<string, string>>, service: 'ec2' | 'ssm'): IamContext {
  const own = service === 'ec2' ? 'ec2:ResourceTag' : 'ssm:resourceTag';
  return Object.fromEntries(
    Object.entries(tags).flatMap(([key, value]) => [
      [`aws:ResourceTag/${key}`, value],
      [`${own}/${key}`, value],
    ]),
  );
}

/** A profile's id, with AWS's length and letters; always the same for a profile. */
function profileId(arn: string): string {
  return `AIPA${createHash('sha256').update(arn).digest('hex').slice(0, 17).toUpperCase()}`;
}

function isShown(instance: StoredInstance, now: number): boolean {
  return now >= instance.shownFrom && !hasVanished(instance, now);
}

function hasVanished({ terminatedAt }: StoredInstance, now: number): boolean {
  return terminatedAt !== undefined && now - terminatedAt >= shownAfterTerminationMs;
}

function shownState(Name: InstanceStateName) {
  return { Code: stateCodes[Name], Name };
}

function address(index: number): string {
  return `10.0.${Math.floor(index / 250) % 256}.${(index % 250) + 4}`;
}
