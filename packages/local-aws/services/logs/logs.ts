/** CloudWatch Logs: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_Operations.html */
import type {
  CreateLogStreamCommandInput,
  DescribeLogGroupsCommandInput,
  FilterLogEventsCommandInput,
  PutLogEventsCommandInput,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Clock } from '../../clock.ts';
import {
  type Authorization,
  AwsError,
  type Call,
  type Environment,
  operation,
  type Principal,
  type Service,
} from '../../gateway/service.ts';
import { readPolicy } from '../../iam/policy.ts';
import type { Part } from '../../part.ts';
import { physicalName } from '../../template/names.ts';
import type { ResourceType } from '../../template/resource.ts';
import { TemplateError } from '../../template/template-error.ts';
import { type MetricFilter, metricFilterType, type QueryDefinition, queryDefinitionType } from './definitions.ts';
import { filterPage, type LogEvent } from './filter.ts';

interface LogGroup {
  readonly name: string;
  readonly arn: string;
  /** `undefined`: kept forever. */
  retentionDays: number | undefined;
  readonly streams: Set<string>;
  readonly events: LogEvent[];
}

/** The retention times that CloudWatch Logs accepts, in days. Source: API reference, PutRetentionPolicy. */
const retentions = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** An account may have ten resource policies in a region. Source: CloudWatch Logs quotas. */
const mostResourcePolicies = 10;

/** CloudWatch Logs: groups, their events, and the account's resource policies. */
export class Logs {
  readonly #clock: Clock;
  readonly #env: Environment;
  readonly #groups = new Map<string, LogGroup>();
  readonly #policies = new Map<string, unknown>();
  /** By name, as declared. */
  readonly metricFilters = new Map<string, MetricFilter>();
  readonly queries = new Map<string, QueryDefinition>();

  constructor(clock: Clock, env: Environment) {
    this.#clock = clock;
    this.#env = env;
  }

  /** The names of all groups, in order of creation. */
  get groups(): readonly string[] {
    return [...this.#groups.keys()];
  }

  /** Creates a group; an existing one only gets the retention. */
  createGroup(name: string, retentionDays?: number): { readonly name: string; readonly arn: string } {
    const present = this.#groups.get(name);
    if (present !== undefined) {
      present.retentionDays = retentionDays ?? present.retentionDays;
      return present;
    }
    const group: LogGroup = { name, arn: this.arn(name), retentionDays, streams: new Set(), events: [] };
    this.#groups.set(name, group);
    return group;
  }

  /** The ARN of a group, without the `:*` that some policies need. */
  arn(name: string): string {
    const { partition, region, account } = this.#env;
    return `arn:${partition}:logs:${region}:${account}:log-group:${name}`;
  }

  /** Writes on behalf of the cloud itself, bypassing IAM; it creates the group and the stream if needed. */
  append(group: string, stream: string, message: string, timestamp = this.#clock.now()): void {
    this.createGroup(group);
    const target = this.#group(group);
    target.streams.add(stream);
    target.events.push({ timestamp, stream, message });
  }

  /**
   * A group's events that its retention has not expired.
   *
   * @param group the name; a missing group has no events
   */
  events(group: string): readonly LogEvent[] {
    const found = this.#groups.get(group);
    if (found === undefined) return [];
    const { events, retentionDays } = found;
    if (retentionDays === undefined) return events;
    const oldest = this.#clock.now() - retentionDays * 86_400_000;
    if ((events[0]?.timestamp ?? oldest) >= oldest) return events;
    return events.filter(({ timestamp }) => timestamp >= oldest);
  }

  /**
   * The right for an action on a group's stream. The account's resource policies apply only to services: CloudWatch
   * Logs does not enforce them, not even a Deny, for roles and users. Source: API reference, PutResourcePolicy,
   * "Supported principals".
   */
  authorization(action: string, group: string, stream: string, { kind }: Principal): Authorization {
    const right = { action: `logs:${action}`, resource: `${this.arn(group)}:log-stream:${stream}` };
    return kind === 'service' ? { ...right, resourcePolicy: this.#resourcePolicy() } : right;
  }

  /** The service and its resource types. */
  part(): Part {
    const allow =
      (action: string) =>
      (input: { logGroupName?: string | undefined; logStreamName?: string | undefined }, { principal }: Call) => [
        this.authorization(action, input.logGroupName ?? '', input.logStreamName ?? '', principal),
      ];
    const service: Service = {
      name: 'logs',
      operations: {
        CreateLogStream: operation(allow('CreateLogStream'), (input: CreateLogStreamCommandInput) => {
          const { streams } = this.#group(input.logGroupName);
          const name = input.logStreamName ?? '';
          if (streams.has(name)) {
            throw new AwsError('ResourceAlreadyExistsException', 'The specified log stream already exists');
          }
          streams.add(name);
        }),
        PutLogEvents: operation(allow('PutLogEvents'), (input: PutLogEventsCommandInput) => {
          const group = this.#group(input.logGroupName);
          const stream = input.logStreamName ?? '';
          if (!group.streams.has(stream)) {
            throw new AwsError('ResourceNotFoundException', 'The specified log stream does not exist.');
          }
          for (const { timestamp = 0, message = '' } of input.logEvents ?? []) {
            group.events.push({ timestamp, stream, message });
          }
          return {};
        }),
        DescribeResourcePolicies: operation(
          () => [{ action: 'logs:DescribeResourcePolicies', resource: '*' }],
          () => ({
            resourcePolicies: [...this.#policies].map(([policyName, document]) => ({
              policyName,
              policyDocument: JSON.stringify(document),
            })),
          }),
        ),
        DescribeLogGroups: operation(
          () => [{ action: 'logs:DescribeLogGroups', resource: '*' }],
          ({ logGroupNamePrefix = '' }: DescribeLogGroupsCommandInput) => ({
            logGroups: [...this.#groups.values()]
              .filter(({ name }) => name.startsWith(logGroupNamePrefix))
              .map(({ name, arn, retentionDays }) => ({
                logGroupName: name,
                arn: `${arn}:*`,
                ...(retentionDays === undefined ? {} : { retentionInDays: retentionDays }),
              })),
          }),
        ),
        FilterLogEvents: operation(
          (input: FilterLogEventsCommandInput) => [
            { action: 'logs:FilterLogEvents', resource: `${this.arn(input.logGroupName ?? '')}:*` },
          ],
          (input) => filterPage(this.events(this.#group(input.logGroupName).name), input),
        ),
      },
    };
    const hasGroup = (name: string) => this.#groups.has(name);
    const definitions = [metricFilterType(this.metricFilters, hasGroup), queryDefinitionType(this.queries, hasGroup)];
    return { services: [service], resourceTypes: [this.#groupType(), this.#policyType(), ...definitions] };
  }

  #group(name: string | undefined): LogGroup {
    const group = this.#groups.get(name ?? '');
    if (group === undefined) throw new AwsError('ResourceNotFoundException', 'The specified log group does not exist.');
    return group;
  }

  #resourcePolicy(): unknown {
    const statements = [...this.#policies.values()].flatMap((one) => (one as { Statement: unknown }).Statement);
    return statements.length === 0 ? undefined : { Version: '2012-10-17', Statement: statements };
  }

  #groupType(): ResourceType {
    return {
      type: 'AWS::Logs::LogGroup',
      properties: ['KmsKeyId', 'LogGroupClass', 'LogGroupName', 'RetentionInDays', 'Tags'],
      create: (logicalId, properties, stack) => {
        this.#refuseKey(properties['KmsKeyId']);
        const retention = properties['RetentionInDays'];
        if (retention !== undefined && !retentions.includes(Number(retention))) {
          throw new TemplateError(`RetentionInDays must be one of ${retentions.join(', ')}, not ${String(retention)}`);
        }
        const kind = properties['LogGroupClass'] ?? 'STANDARD';
        if (kind !== 'STANDARD') throw new TemplateError(`LogGroupClass must be STANDARD here, not ${String(kind)}`);
        const name = String(properties['LogGroupName'] ?? physicalName(stack, logicalId, 512));
        const days = retention === undefined ? undefined : Number(retention);
        // A service that bypasses IAM creates its group on write; a stack cannot create an existing one.
        if (properties['LogGroupName'] !== undefined && this.#groups.has(name)) {
          throw new AwsError('ResourceAlreadyExistsException', 'The specified log group already exists');
        }
        const { arn } = this.createGroup(name, days);
        return { ref: name, attributes: { Arn: `${arn}:*` } };
      },
      update: (created, { after }) => {
        this.#group(created.ref).retentionDays = after['RetentionInDays'] as number | undefined;
        return created;
      },
      remove: ({ ref }) => void this.#groups.delete(ref),
    };
  }

  /**
   * A group takes a key of the same region, by ARN. Whether the key's policy lets CloudWatch Logs use it is not
   * modelled.
   */
  #refuseKey(key: unknown): void {
    if (key === undefined) return;
    const { partition, region } = this.#env;
    if (typeof key === 'string' && key.startsWith(`arn:${partition}:kms:${region}:`) && key.includes(':key/')) return;
    throw new AwsError('InvalidParameterException', `The specified KMS Key Id could not be found: ${String(key)}`);
  }

  #policyType(): ResourceType {
    return {
      type: 'AWS::Logs::ResourcePolicy',
      properties: ['PolicyDocument', 'PolicyName'],
      create: (_, properties) => {
        const name = String(properties['PolicyName']);
        const document = policyOf(properties);
        this.#policies.set(name, document);
        if (this.#policies.size > mostResourcePolicies) {
          throw new TemplateError(
            `an account has at most ${mostResourcePolicies} resource policies of CloudWatch Logs in a region`,
          );
        }
        return { ref: name, attributes: {} };
      },
      update: (created, { after }) => {
        this.#policies.set(created.ref, policyOf(after));
        return created;
      },
      remove: ({ ref }) => void this.#policies.delete(ref),
    };
  }
}

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutResourcePolicy.html */
const mostPolicyCharacters = 5_120;

function policyOf({ PolicyDocument }: Readonly<Record<string, unknown>>): unknown {
  const text = String(PolicyDocument);
  if (text.length > mostPolicyCharacters) {
    const message = `1 validation error detected: Value at 'policyDocument' failed to satisfy constraint: Member must have length less than or equal to ${mostPolicyCharacters}`;
    throw new AwsError('InvalidParameterException', message);
  }
  const document: unknown = JSON.parse(text);
  for (const { actions, principals } of readPolicy(document).statements) {
    const other = actions.patterns.find((one) => !['logs:PutLogEvents', 'logs:CreateLogStream'].includes(one));
    if (actions.except || other !== undefined || !principals?.services.length) {
      throw new TemplateError(
        `PolicyDocument: CloudWatch Logs takes logs:PutLogEvents and logs:CreateLogStream, for services alone; not ${other ?? 'other principals'}`,
      );
    }
  }
  return document;
}
