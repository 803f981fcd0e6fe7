import type { V1PolicyRule } from '@kubernetes/client-node';
import { breakerChanges } from '../../domain/breaker-changes.ts';
import { source } from '../../domain/events.ts';
import type { Change } from '../../domain/ledger-change.ts';
import { partitions, type RecordKind } from '../../domain/ledger-rights.ts';
import { operatorActs } from '../../domain/operator-acts.ts';
import { type RolloutAct, rolloutActs, rolloutChanges } from '../../domain/rollout/rollout.ts';
import { runChanges } from '../../domain/run-changes.ts';
import { runtimeTag } from '../../domain/tags.ts';
import { conditionAttributes, writtenAttributes } from '../../domain/update-expression.ts';

/** The ARNs of the deployed resources that acts use, without the ARN of the one that is listed by name. */
export interface ActedResources {
  /** `arn:aws:<service>:<region>:<account>:` of a service. */
  readonly prefix: (service: string) => string;
  readonly stack: string;
  readonly table: string;
  readonly bus: string;
  /** The name of the function `reconcile`. */
  readonly reconcile: string;
}

/** One statement of an IAM policy. */
export interface RightsStatement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** An IAM policy. */
export interface RightsPolicy {
  readonly Version: '2012-10-17';
  readonly Statement: readonly RightsStatement[];
}

/** The commands that act, as typed after `airlock`. */
export const actingCommands = [...operatorActs, 'breaker close', ...rolloutActs.map(rolloutCommandOf)] as const;

function rolloutCommandOf(act: RolloutAct['act']): `rollout ${RolloutAct['act']}` {
  return `rollout ${act}`;
}

/** A command that acts. */
export type ActingCommand = (typeof actingCommands)[number];

/** The least rights in AWS that a command needs. */
export function policyOfCommand(command: ActingCommand, resources: ActedResources): RightsPolicy {
  const { prefix, stack, table, bus } = resources;
  const tableArn = `${prefix('dynamodb')}table/${table}`;
  const find = allow(
    'FindTheStack',
    ['cloudformation:ListStackResources'],
    [`${prefix('cloudformation')}stack/${stack}/*`],
  );
  const publish = allow('PublishTheAct', ['events:PutEvents'], [`${prefix('events')}event-bus/${bus}`], {
    'ForAllValues:StringEquals': { 'events:source': [source] },
    Null: { 'events:source': 'false' },
  });
  if (command.startsWith('rollout ')) {
    const read = allow('ReadTheLedger', ['dynamodb:Query', 'dynamodb:Scan'], [tableArn]);
    const write = allowChange('RecordTheRolloutAct', tableArn, 'rollout', rolloutChanges.recordRolloutAct);
    return { Version: '2012-10-17', Statement: [find, read, write, publish] };
  }
  const Statement =
    command === 'breaker close'
      ? [find, allowChange('CloseBreakers', tableArn, 'breaker', breakerChanges.close), publish]
      : [
          find,
          allow('ReadTheLedger', ['dynamodb:Query', 'dynamodb:Scan'], [tableArn]),
          // EC2 has no narrower resource for it.
          allow('ReadInstances', ['ec2:DescribeInstances'], ['*']),
          allowChange('RecordTheAct', tableArn, 'run', runChanges.recordOperatorAct),
          publish,
          ...ownRights(command, resources),
        ];
  return { Version: '2012-10-17', Statement };
}

/** The right to make one change of the ledger. DynamoDB checks the names in conditions, too. */
function allowChange(sid: string, table: string, kind: RecordKind, change: Change): RightsStatement {
  const attributes = ['instanceId', 'launchedAt', ...writtenAttributes(change), ...conditionAttributes(change)];
  return allow(sid, ['dynamodb:UpdateItem'], [table], {
    'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [partitions[kind]] },
    'ForAllValues:StringEquals': { 'dynamodb:Attributes': [...new Set(attributes)].toSorted() },
    // ForAllValues by itself also matches a request without the key.
    Null: { 'dynamodb:LeadingKeys': 'false', 'dynamodb:Attributes': 'false' },
  });
}

function ownRights(command: ActingCommand, { prefix, reconcile, stack }: ActedResources): readonly RightsStatement[] {
  if (command === 'uninstall') return uninstallRights(prefix, stack);
  if (command !== 'retry' && command !== 'verify') return [];
  return [allow('BeginAtOnce', ['lambda:InvokeFunction'], [`${prefix('lambda')}function:${reconcile}`])];
}

function uninstallRights(prefix: ActedResources['prefix'], stack: string): readonly RightsStatement[] {
  const documents = `${prefix('ssm')}document/airlock-*-uninstall-*`;
  return [
    allow('ReadTheDocument', ['ssm:DescribeDocument'], [documents]),
    allow('SendTheDocument', ['ssm:SendCommand'], [documents]),
    allow('ToManagedInstances', ['ssm:SendCommand'], [`${prefix('ec2')}instance/*`], {
      StringLike: { [`ssm:resourceTag/${runtimeTag}`]: '*' },
    }),
    // SSM has no narrower resource for it.
    allow('ReadTheResult', ['ssm:ListCommandInvocations'], ['*']),
    // For --all only. CloudFormation deletes the resources with the role that deployed them.
    allow(
      'DeleteTheStack',
      ['cloudformation:DeleteStack', 'cloudformation:DescribeStacks'],
      [`${prefix('cloudformation')}stack/${stack}/*`],
    ),
  ];
}

/** The rights in a cluster that a command needs. */
export function rulesOfCommand(command: ActingCommand): readonly V1PolicyRule[] {
  if (!['release', 'quarantine', 'uninstall'].includes(command)) return [];
  const nodes = { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'patch'] };
  const pods = { apiGroups: [''], resources: ['pods'], verbs: ['list'] };
  if (command === 'release') return [nodes];
  if (command === 'quarantine') return [nodes, pods];
  return [nodes, pods, { apiGroups: ['node.k8s.io'], resources: ['runtimeclasses'], verbs: ['list'] }];
}

/** The rights of all commands together, each statement once. */
export function policyOfCommands(resources: ActedResources): RightsPolicy {
  const all = actingCommands.flatMap((command) => policyOfCommand(command, resources).Statement);
  return { Version: '2012-10-17', Statement: [...new Map(all.map((one) => [one.Sid, one])).values()] };
}

function allow(
  Sid: string,
  Action: readonly string[],
  Resource: readonly string[],
  Condition?: RightsStatement['Condition'],
): RightsStatement {
  return { Sid, Effect: 'Allow', Action, Resource, ...(Condition === undefined ? {} : { Condition }) };
}
