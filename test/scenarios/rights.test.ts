import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Simulation } from '../../packages/lab/simulation.ts';
import { here } from '../../packages/local-aws/aws.ts';
import { stackId } from '../../packages/local-aws/template.ts';
import { startSimulation } from './scenario.ts';

/** What `docs/understand/rights.md` gives a role: actions, each with the resources as the page writes them. */
type Page = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;

function readPage(): Page {
  const text = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'understand', 'rights.md'), 'utf8');
  const page = new Map<string, Map<string, string[]>>();
  const roles = text.slice(0, text.indexOf('## Queue policies')).split('\n### ').slice(1);
  for (const section of roles) {
    const rights = new Map<string, string[]>();
    for (const [, actions = '', resources = ''] of section.matchAll(/^\| ([a-z0-9]+:[^|]+) \| ([^|]+) \|/gm)) {
      const named = [...resources.matchAll(/`([^`]+)`/g)].map(([, resource = '']) => resource);
      for (const action of actions.split('<br>')) rights.set(action, [...(rights.get(action) ?? []), ...named]);
    }
    page.set(section.split('\n', 1)[0] ?? '', rights);
  }
  return page;
}

/** A logical id as the page writes it. */
function plain(id: string): string {
  return id.replace(/[0-9A-F]{8}$/, '').replace(/^(Documents.+)[0-9a-f]{12}$/, '$1, by its hash');
}

/** Every resource of the stack that an action can name: its ARN, and how the page writes it. */
function resourcesOf(world: Simulation): { readonly arn: string; readonly written: string }[] {
  const found = world.cloud.resources.flatMap(({ logicalId, type, ref, attributes }) => {
    const own = typeof attributes['Arn'] === 'string' ? attributes['Arn'] : ref;
    const arn = type === 'AWS::SSM::Document' ? `arn:aws:ssm:eu-central-1:123456789012:document/${ref}` : own;
    if (!arn.startsWith('arn:')) return [];
    const written = `{${plain(logicalId)}}`;
    const executions =
      type === 'AWS::StepFunctions::StateMachine'
        ? [
            {
              arn: `${arn.replace(':stateMachine:', ':execution:')}:i-0123456789abcdef0-1-install-1-0123456789abcdef`,
              written: `arn:{Partition}:states:{Region}:{AccountId}:execution:${written}:*`,
            },
          ]
        : [];
    return [
      ...executions,
      {
        arn,
        written:
          type === 'AWS::SSM::Document' ? `arn:{Partition}:ssm:{Region}:{AccountId}:document/${written}` : written,
      },
    ];
  });
  return [
    ...found,
    { arn: '*', written: '*' },
    {
      arn: 'arn:aws:ec2:eu-central-1:123456789012:instance/i-0123456789abcdef0',
      written: 'arn:{Partition}:ec2:{Region}:{AccountId}:instance/*',
    },
    {
      arn: 'arn:aws:autoscaling:eu-central-1:123456789012:autoScalingGroup:0:autoScalingGroupName/builders',
      written: 'arn:{Partition}:autoscaling:{Region}:{AccountId}:autoScalingGroup:*:autoScalingGroupName/*',
    },
    {
      arn: 'arn:aws:events:eu-central-1:123456789012:event-bus/default',
      written: 'the default bus',
    },
    {
      arn: 'arn:aws:eks:eu-central-1:123456789012:cluster/demo',
      written: 'arn:{Partition}:eks:{Region}:{AccountId}:cluster/demo',
    },
    {
      arn: `arn:aws:eks:eu-central-1:123456789012:access-entry/demo/role/123456789012/${preparing(world).split('/').at(-1)}/id`,
      written:
        'arn:{Partition}:eks:{Region}:{AccountId}:access-entry/demo/role/{AccountId}/{ClusterdemoManifestsPrepareRole}/*',
    },
    {
      arn: 'arn:aws:eks:eu-central-1:123456789012:access-entry/demo/role/123456789012/of-another/id',
      written: 'the access entry of another role',
    },
    { arn: stackId(here, 'Airlock'), written: '{StackId}' },
    { arn: 'arn:aws:ssm:eu-central-1::document/AWS-RunShellScript', written: 'a document of AWS' },
  ];
}

/** The role of the function that prepares the cluster. */
function preparing(world: Simulation): string {
  return world.cloud.lambda.function(world.cloud.resource('Manifests/Prepare/Function/Resource').ref).settings.roleArn;
}

describe('a role', () => {
  it('is denied every action on every resource that docs/understand/rights.md does not give it', async () => {
    const world = await startSimulation();
    // Settings that the sample does not have make them; test/lib/doctor-function.test.ts and mirror.test.ts ask them.
    const page = new Map([...readPage()].filter(([role]) => !role.includes(', with ')));
    const actions = new Set([...page.values()].flatMap((rights) => [...rights.keys()]));
    for (const more of [
      'ec2:TerminateInstances',
      'ec2:CreateTags',
      'iam:PassRole',
      'ssm:CancelCommand',
      'ssm:GetParameter',
      'states:StopExecution',
      'sqs:PurgeQueue',
      'dynamodb:DeleteItem',
      'dynamodb:Scan',
      'lambda:UpdateFunctionCode',
      'logs:DeleteLogGroup',
      'eks:CreateAccessEntry',
      'sts:AssumeRole',
    ])
      actions.add(more);
    const resources = resourcesOf(world);
    const context = {
      'ssm:resourceTag/airlock:runtime': 'gvisor',
      'ec2:ResourceTag/airlock:runtime': 'gvisor',
      'ec2:InstanceProfile': 'arn:aws:iam::123456789012:instance-profile/demo-nodes',
      'autoscaling:ResourceTag/airlock:runtime': 'gvisor',
      'aws:TagKeys': ['airlock:outcome', 'airlock:version', 'airlock:at'],
      'events:source': 'airlock',
      'dynamodb:LeadingKeys': ['i-0123456789abcdef0'],
      'dynamodb:Attributes': ['instanceId', 'launchedAt'],
      'eks:principalArn': preparing(world),
      'eks:accessEntryType': 'STANDARD',
      'eks:kubernetesGroups': ['airlock:preparers'],
      'eks:policyArn': 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy',
      'eks:accessScope': 'cluster',
    };
    let allowed = 0;
    for (const [role, rights] of page) {
      const arn = world.cloud.resources.find(
        ({ type, logicalId }) => type === 'AWS::IAM::Role' && plain(logicalId) === role,
      )?.attributes['Arn'];
      expect(arn, role).toBeTypeOf('string');
      const principal = { kind: 'role', roleArn: String(arn), sessionName: 'asked' } as const;
      for (const action of actions) {
        for (const { arn: resource, written } of resources) {
          // The page omits the streams of a log group.
          const asked =
            action.startsWith('logs:') && resource.includes(':log-group:')
              ? resource.replace(/(:\*)?$/, ':log-stream:s')
              : resource;
          const denied = world.cloud.iam.deny(principal, { action, resource: asked, context });
          const given = rights.get(action)?.some((one) => one === written || one === '*') ?? false;
          expect(denied === undefined, `${role} ${action} ${written}`).toBe(given);
          if (given) allowed++;
        }
      }
    }
    expect(page.size).toBe(world.cloud.resources.filter(({ type }) => type === 'AWS::IAM::Role').length);
    expect(allowed).toBeGreaterThan(30);
  });

  it('is denied the same action if its condition does not hold', async () => {
    const world = await startSimulation();
    const dispatch = world.cloud.lambda.function(world.cloud.resource('Dispatch/Function/Resource').ref).settings
      .roleArn;
    const principal = { kind: 'role', roleArn: dispatch, sessionName: 'asked' } as const;
    const send = {
      action: 'ssm:SendCommand',
      resource: 'arn:aws:ec2:eu-central-1:123456789012:instance/i-0123456789abcdef0',
    };
    const tell = { action: 'events:PutEvents', resource: 'arn:aws:events:eu-central-1:123456789012:event-bus/Airlock' };
    expect(world.cloud.iam.deny(principal, { ...send, context: { 'ssm:resourceTag/Name': 'web' } })).toContain(
      'ssm:SendCommand',
    );
    const telling = (sources: readonly string[]) =>
      world.cloud.iam.deny(principal, { ...tell, context: { 'events:source': sources } });
    expect(telling(['airlock'])).toBeUndefined();
    for (const sources of [['aws.ec2'], ['airlock', 'aws.ec2'], []])
      expect(telling(sources)).toContain('events:PutEvents');
  });

  it('may give one role access to a cluster, with one group and one policy, and no other', async () => {
    const world = await startSimulation();
    const { roleArn } = world.cloud.lambda.function(world.cloud.resource('Grant/Function/Resource').ref).settings;
    const principal = { kind: 'role', roleArn, sessionName: 'asked' } as const;
    const role = preparing(world);
    const entry = `arn:aws:eks:eu-central-1:123456789012:access-entry/demo/role/123456789012/${role.split('/').at(-1)}/id`;
    const making = {
      action: 'eks:CreateAccessEntry',
      resource: 'arn:aws:eks:eu-central-1:123456789012:cluster/demo',
      context: {
        'eks:principalArn': role,
        'eks:accessEntryType': 'STANDARD',
        'eks:kubernetesGroups': ['airlock:preparers'],
      },
    };
    const policy = (name: string) => `arn:aws:eks::aws:cluster-access-policy/${name}`;
    const associating = {
      action: 'eks:AssociateAccessPolicy',
      resource: entry,
      context: { 'eks:policyArn': policy('AmazonEKSClusterAdminPolicy'), 'eks:accessScope': 'cluster' },
    };
    const denied = (asked: typeof making | typeof associating, more: object = {}) =>
      world.cloud.iam.deny(principal, { ...asked, context: { ...asked.context, ...more } });

    expect(denied(making)).toBeUndefined();
    expect(denied(associating)).toBeUndefined();
    for (const answer of [
      denied(making, { 'eks:principalArn': roleArn }),
      denied(making, { 'eks:kubernetesGroups': ['airlock:gatekeepers'] }),
      denied(making, { 'eks:kubernetesGroups': ['airlock:preparers', 'admins'] }),
      denied(making, { 'eks:accessEntryType': 'EC2_LINUX' }),
      denied(associating, { 'eks:policyArn': policy('AmazonEKSAdminViewPolicy') }),
      denied(associating, { 'eks:accessScope': 'namespace' }),
    ])
      expect(answer).toContain('is not authorized to perform');
  });

  it("may terminate no instance without our tag and a profile of nodes, and no group's instance without our tag", async () => {
    const world = await startSimulation();
    const { roleArn } = world.cloud.lambda.function(world.cloud.resource('Remediation/Function/Resource').ref).settings;
    const principal = { kind: 'role', roleArn, sessionName: 'asked' } as const;
    const group = 'arn:aws:autoscaling:eu-central-1:123456789012:autoScalingGroup:0:autoScalingGroupName/builders';
    for (const action of [
      'autoscaling:CompleteLifecycleAction',
      'autoscaling:TerminateInstanceInAutoScalingGroup',
    ] as const) {
      const asked = (tag: string) =>
        world.cloud.iam.deny(principal, { action, resource: group, context: { [tag]: 'gvisor' } });
      expect(asked('autoscaling:ResourceTag/airlock:runtime')).toBeUndefined();
      expect(asked('autoscaling:ResourceTag/Name')).toContain(action);
    }
    const resource = 'arn:aws:ec2:eu-central-1:123456789012:instance/i-0123456789abcdef0';
    const end = (tag: string, profile?: string) =>
      world.cloud.iam.deny(principal, {
        action: 'ec2:TerminateInstances',
        resource,
        context: {
          [`ec2:ResourceTag/${tag}`]: 'gvisor',
          ...(profile && { 'ec2:InstanceProfile': `arn:aws:iam::123456789012:instance-profile/${profile}` }),
        },
      });
    expect(end('airlock:runtime', 'demo-nodes')).toBeUndefined();
    expect(end('airlock:runtime', 'karpenter/eu-central-1/demo-nodes')).toBeUndefined();
    for (const profile of [undefined, 'database', 'demo-nodes-2', 'x-demo-nodes'])
      expect(end('airlock:runtime', profile), profile).toContain('ec2:Terminate');
    expect(end('Name', 'demo-nodes')).toContain('ec2:TerminateInstances');
  });
});
