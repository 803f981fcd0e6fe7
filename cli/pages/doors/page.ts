import { wrapProse } from '../wrap.ts';
import { type Check, checkOf, denials, type Played } from './checks.ts';
import { callerNames, callers, clusterDoors } from './kubernetes.ts';
import { type Door, doorsOf, plainId, type Resources, type Role, rolesOf } from './template.ts';
import { type Outsider, outsiderNames, outsiders, rolesThatMay, verdictOf } from './verdict.ts';

/** A kind of door: its resource type, and the actions that use it. */
export interface DoorKind {
  readonly title: string;
  readonly type: string;
  readonly actions: readonly string[];
}

/** The kinds of doors in the account. */
export const doorKinds: readonly DoorKind[] = [
  { title: 'Queues', type: 'AWS::SQS::Queue', actions: ['sqs:SendMessage', 'sqs:ReceiveMessage'] },
  { title: 'Functions', type: 'AWS::Lambda::Function', actions: ['lambda:InvokeFunction'] },
  {
    title: 'The state machine',
    type: 'AWS::StepFunctions::StateMachine',
    actions: ['states:StartExecution', 'states:StopExecution', 'states:SendTaskSuccess'],
  },
  {
    title: 'The ledger',
    type: 'AWS::DynamoDB::Table',
    actions: ['dynamodb:UpdateItem', 'dynamodb:PutItem', 'dynamodb:GetItem'],
  },
  { title: 'The bus', type: 'AWS::Events::EventBus', actions: ['events:PutEvents'] },
  { title: 'Documents', type: 'AWS::SSM::Document', actions: ['ssm:SendCommand', 'ssm:UpdateDocument'] },
  { title: 'Log groups', type: 'AWS::Logs::LogGroup', actions: ['logs:PutLogEvents'] },
];

/** Resource types that are not doors, and why. */
export const noDoors: Readonly<Record<string, string>> = {
  'AWS::CloudWatch::Alarm': 'raises an alarm; anyone who may change it may silence it',
  'AWS::CloudWatch::CompositeAlarm': 'raises one alarm for several',
  'AWS::CloudWatch::Dashboard': 'shows metrics; anyone who may change it may hide what happens',
  'AWS::EKS::AccessEntry': "adds the cluster function's role to its group: see the objects in a cluster",
  'AWS::Events::EventBusPolicy': 'the policy of the bus',
  'AWS::Events::Rule': 'sends events from AWS or Airlock to a queue or the audit log group',
  'AWS::IAM::Policy': 'the rights of the roles',
  'AWS::IAM::Role': 'the principals of the tables below; each can be assumed by the one service that rights.md names',
  'AWS::Lambda::EventInvokeConfig': 'how often an event is retried',
  'AWS::Lambda::EventSourceMapping': 'passes messages from a queue to its function',
  'AWS::Lambda::Permission': 'the policy of a function',
  'AWS::CloudFormation::WaitConditionHandle': 'marks an advisory; a signal to it has no effect',
  'AWS::Logs::MetricFilter': "counts the errors in a function's log",
  'AWS::Logs::QueryDefinition': 'a saved query',
  'AWS::Logs::ResourcePolicy': 'the policy of the audit log group',
  'AWS::SQS::QueuePolicy': 'the policy of a queue',
  'AWS::Scheduler::Schedule': 'invokes reconcile',
  'AWS::EC2::SecurityGroup': 'lets the functions of a private cluster reach its API, and nothing in',
  'AWS::EC2::SecurityGroupIngress': 'a rule of such a group',
  'AWS::EC2::SecurityGroupEgress': 'a rule of such a group',
  'Custom::AirlockFoundCluster': 'asks `find-cluster`',
  'Custom::AirlockManifests': 'asks `grant-cluster-admin`',
};

/** What follows each call that a policy decides. */
const closed = {
  denied: "denied by the door's own policy",
  'not allowed': 'refused: no policy allows it',
  'no identity': 'refused: it has no identity in AWS',
} as const;

/** `docs/understand/doors.md`: who can call what, and what follows, read from a synthesized template. */
export function doorsPage(template: unknown): string {
  const { Resources: resources } = template as { readonly Resources: Resources };
  const roles = rolesOf(resources);
  const kinds = doorKinds.flatMap((kind) => section(kind, doorsOf(resources, kind.type), roles));
  const present = new Set(Object.values(resources).map(({ Type }) => Type));
  const rest = Object.entries(noDoors).filter(([type]) => present.has(type));
  return wrapProse(`# Doors

Who can call what, and what follows. Made by \`npm run docs\` from the synthesized template of the sample \`airlock.yaml\`, \`cli/pages/doors\` and the manifests. A table has a
row for each door and a column for each principal. Each linked test plays the call with exactly that right. The remaining risks are in
[threat-model.md](threat-model.md#what-remains).

| principal | what it has |
|---|---|
| a principal of the account | an identity policy with the action on every resource, and no other right. Operators and deployment roles are such principals; the policies that name \`operators\` admit operators |
| another account | the same, in its own account |
| an AWS service | what it may do for a resource outside of this stack |
| the instance role of a node | the rights of root and the kubelet there, which EKS and SSM require: \`AmazonEKSWorkerNodePolicy\`, \`AmazonEC2ContainerRegistryPullOnly\`, \`AmazonSSMManagedInstanceCore\`. If yours has more rights, it counts as a principal of the account |
| a pod | no AWS credentials: with an IMDS hop limit of 1 it cannot reach its node's |
| Airlock's roles | the rights in [rights.md](rights.md); all roles that are not named are refused, because no policy allows the call |

${kinds.join('\n\n')}

## Objects in a cluster

The policies deny what RBAC by itself would allow too broadly ([clusters.md](../use/clusters.md)).

| door | ${callers.map((one) => callerNames[one]).join(' | ')} | played by |
|---|${callers.map(() => '---|').join('')}---|
${clusterDoors.map(({ name, cells, played }) => `| ${name} | ${callers.map((one) => cells[one]).join(' | ')} | ${tests(played)} |`).join('\n')}

## No doors

| resources | why |
|---|---|
${rest.map(([type, why]) => `| \`${type}\` | ${why} |`).join('\n')}
`);
}

function section({ title, actions }: DoorKind, doors: readonly Door[], roles: readonly Role[]): readonly string[] {
  if (doors.length === 0) return [];
  return [`## ${title}`, ...actions.map((action) => tableOf(action, doors, roles))];
}

function tableOf(action: string, doors: readonly Door[], roles: readonly Role[]): string {
  const heads = outsiders.map((one) => outsiderNames[one]);
  const rows = doors.map((door) => {
    const id = plainId(door.id);
    const cells = outsiders.map((who) => cellOf(who, door, action));
    const may = rolesThatMay(roles, door, action).map((role) => `\`${plainId(role.id)}\``);
    const ours = may.length === 0 ? closed['not allowed'] : `may: ${may.join(', ')}`;
    return `| \`${id}\` | ${[...cells, ours].join(' | ')} |`;
  });
  const played = denials[action] ?? [];
  const proof = played.length === 0 ? '' : `\n\nThe denials are played by ${tests(played)}.`;
  return `### ${action}\n\n| door | ${heads.join(' | ')} | Airlock's roles |\n|---|${heads.map(() => '---|').join('')}---|\n${rows.join('\n')}${proof}`;
}

function cellOf(who: Outsider, door: Door, action: string): string {
  const verdict = verdictOf(who, door, action);
  if (verdict !== 'reaches') return closed[verdict];
  const { says, played }: Check = checkOf(plainId(door.id), action);
  return `reaches: ${says} (${tests(played)})`;
}

function tests(played: readonly Played[]): string {
  return played.map(({ file, title }) => `[${title}](../../${file})`).join('; ');
}
