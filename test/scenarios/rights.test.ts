import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { World } from '../../local/world/world.ts';
import { startWorld } from './scenario.ts';

/** What `docs/rights.md` gives a role: actions, each with the resources as the page writes them. */
type Page = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;

function readPage(): Page {
  const text = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'rights.md'), 'utf8');
  const page = new Map<string, Map<string, string[]>>();
  const roles = text.slice(0, text.indexOf('## Policies of queues')).split('\n### ').slice(1);
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

/** Every resource of the stack that an action can name: its ARN, and how the page would write it. */
function resourcesOf(world: World): { readonly arn: string; readonly written: string }[] {
  const found = world.cloud.resources.flatMap(({ logicalId, type, ref, attributes }) => {
    const own = typeof attributes['Arn'] === 'string' ? attributes['Arn'] : ref;
    const arn = type === 'AWS::SSM::Document' ? `arn:aws:ssm:eu-central-1:123456789012:document/${ref}` : own;
    if (!arn.startsWith('arn:')) return [];
    const written = `{${plain(logicalId)}}`;
    const executions =
      type === 'AWS::StepFunctions::StateMachine'
        ? [
            {
              arn: `${arn.replace(':stateMachine:', ':execution:')}:i-0123456789abcdef0-1-install-1`,
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
      written: 'arn:{Partition}:events:{Region}:{AccountId}:event-bus/default',
    },
    {
      arn: 'arn:aws:eks:eu-central-1:123456789012:cluster/demo',
      written: 'arn:{Partition}:eks:{Region}:{AccountId}:cluster/demo',
    },
    { arn: 'arn:aws:ssm:eu-central-1::document/AWS-RunShellScript', written: 'a document of AWS' },
  ];
}

describe('a role', () => {
  it('is denied every action on every resource that docs/rights.md does not give it', async () => {
    const world = await startWorld();
    const page = readPage();
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
      'autoscaling:ResourceTag/airlock:runtime': 'gvisor',
      'events:source': 'airlock',
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
          // The page leaves the streams of a log group out.
          const asked =
            action.startsWith('logs:') && resource.includes(':log-group:')
              ? resource.replace(/(:\*)?$/, ':log-stream:s')
              : resource;
          const denied = world.cloud.iam.deny(principal, { action, resource: asked, context });
          const given = rights.get(action)?.some((one) => one === written || one === '*') ?? false;
          expect([role, action, written, denied === undefined]).toEqual([role, action, written, given]);
          if (given) allowed++;
        }
      }
    }
    expect(page.size).toBe(world.cloud.resources.filter(({ type }) => type === 'AWS::IAM::Role').length);
    expect(allowed).toBeGreaterThan(30);
  });

  it('is denied the same action where its condition does not hold', async () => {
    const world = await startWorld();
    const dispatch = world.cloud.lambda.function(world.cloud.resource('Dispatch/Function/Resource').ref).settings
      .roleArn;
    const principal = { kind: 'role', roleArn: dispatch, sessionName: 'asked' } as const;
    const send = {
      action: 'ssm:SendCommand',
      resource: 'arn:aws:ec2:eu-central-1:123456789012:instance/i-0123456789abcdef0',
    };
    const tell = { action: 'events:PutEvents', resource: 'arn:aws:events:eu-central-1:123456789012:event-bus/default' };
    expect(world.cloud.iam.deny(principal, { ...send, context: { 'ssm:resourceTag/Name': 'web' } })).toContain(
      'ssm:SendCommand',
    );
    expect(world.cloud.iam.deny(principal, { ...tell, context: { 'events:source': 'aws.ec2' } })).toContain(
      'events:PutEvents',
    );
  });

  it("may end no instance and no group's instance without our tag", async () => {
    const world = await startWorld();
    const { roleArn } = world.cloud.lambda.function(world.cloud.resource('Replace/Function/Resource').ref).settings;
    const principal = { kind: 'role', roleArn, sessionName: 'asked' } as const;
    const instance = 'arn:aws:ec2:eu-central-1:123456789012:instance/i-0123456789abcdef0';
    const group = 'arn:aws:autoscaling:eu-central-1:123456789012:autoScalingGroup:0:autoScalingGroupName/builders';
    for (const [action, resource, key] of [
      ['ec2:TerminateInstances', instance, 'ec2:ResourceTag'],
      ['autoscaling:CompleteLifecycleAction', group, 'autoscaling:ResourceTag'],
      ['autoscaling:TerminateInstanceInAutoScalingGroup', group, 'autoscaling:ResourceTag'],
    ] as const) {
      const asked = (tag: string) =>
        world.cloud.iam.deny(principal, { action, resource, context: { [tag]: 'gvisor' } });
      expect(asked(`${key}/airlock:runtime`)).toBeUndefined();
      expect(asked(`${key}/Name`)).toContain(action);
    }
  });
});
