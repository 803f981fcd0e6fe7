import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as v from 'valibot';
import { beforeAll, describe, expect, it } from 'vitest';
import { settings } from '../../domain/function-settings.ts';
import { parseConfig } from '../../lib/config/load.ts';
import { loadSettings } from '../../lib/config/settings.ts';
import { addDoctor } from '../../lib/doctor.ts';
import { doctorRights } from '../../lib/doctor-rights.ts';
import { evaluateIdentity, readPolicy } from '../../packages/local-aws/iam.ts';

const root = join(import.meta.dirname, '..', '..');
const account = '123456789012';
const region = 'eu-central-1';
const { catalogue, versions } = loadSettings();

function stackOf(doctor: string): Stack {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });
  const stack = new Stack(app, 'Airlock', { env: { account, region } });
  addDoctor(stack, { config: parseConfig(`clusters: [{ name: demo }]\n${doctor}`), catalogue, versions });
  return stack;
}

describe("the scheduled doctor's function", () => {
  let template: Template;
  beforeAll(() => {
    template = Template.fromStack(stackOf('doctor: { schedule: rate(6 hours) }'));
  });

  it('is not in a stack whose airlock.yaml has no schedule', () => {
    expect(stackOf('').node.tryFindChild('Doctor')).toBeUndefined();
  });

  it('runs on the schedule, and a failed run is not repeated', () => {
    template.hasResourceProperties('AWS::Scheduler::Schedule', {
      ScheduleExpression: 'rate(6 hours)',
      Target: { RetryPolicy: { MaximumRetryAttempts: 0 } },
    });
  });

  it('has in its environment what it holds the account against', () => {
    const [found] = Object.values(template.findResources('AWS::Lambda::Function'));
    const { DOCTOR } = found?.['Properties'].Environment.Variables ?? {};
    const { gate, clusters, artifacts } = v.parse(settings.DOCTOR, DOCTOR);

    expect(gate).toBe('airlock.dev/bootstrap');
    expect(clusters).toEqual([{ name: 'demo', private: false, isInEks: true }]);
    expect(artifacts).toContainEqual(expect.stringContaining('gvisor'));
    // Lambda takes 4 KiB for all variables together.
    expect(Buffer.byteLength(DOCTOR)).toBeLessThan(3_000);
  });

  describe('its rights', () => {
    /** Every operation that the readers call, as IAM names it. */
    function operations(): readonly string[] {
      const services: Readonly<Record<string, string>> = { 'auto-scaling': 'autoscaling' };
      const own = globSync('lambdas/doctor/readers/*.ts', { cwd: root });
      // Of these adapters the readers use one function each.
      const shared = ['ec2:DescribeInstances', 'ssm:DescribeInstanceInformation'];
      const called = own.flatMap((file) => {
        const text = readFileSync(join(root, file), 'utf8');
        return [...text.matchAll(/import \{([^}]*)\} from '@aws-sdk\/client-([a-z0-9-]+)'/g)].flatMap(
          ([, list = '', client = '']) =>
            [...list.matchAll(/\b(?:paginate(\w+)|(\w+)Command)\b/g)].map(
              ([, paged, single]) => `${services[client] ?? client}:${paged ?? single}`,
            ),
        );
      });
      return [...new Set([...called, ...shared])].toSorted();
    }

    const policies = () =>
      Object.values(template.findResources('AWS::IAM::Policy'))
        .filter(({ Properties }) => JSON.stringify(Properties.Roles).includes('DoctorRole'))
        .map(({ Properties }) => readPolicy(resolved(Properties.PolicyDocument)));
    const verdict = (action: string, resource: string) =>
      evaluateIdentity(policies(), { action, resource, context: new Map() });
    const arn = (service: string, rest: string) =>
      `arn:aws:${service}:${service === 'iam' ? '' : region}:${account}:${rest}`;

    it('are exactly the operations that it calls', () => {
      const given = doctorRights(['demo']).flatMap(({ actions }) => actions);
      expect(given.toSorted()).toEqual(operations());
    });

    it('allow each of them on what it reads', () => {
      for (const { actions, service, resource } of doctorRights(['demo'])) {
        const on = service === undefined ? '*' : arn(service, (resource ?? '').replace('*', 'one'));
        for (const action of actions) expect(verdict(action, on), action).toBe('allow');
      }
    });

    it('allow none of them on another cluster, role setting or kind of resource', () => {
      const others = [
        ['eks:DescribeCluster', arn('eks', 'cluster/other')],
        ['eks:ListNodegroups', arn('eks', 'cluster/other')],
        ['eks:DescribeNodegroup', arn('eks', 'nodegroup/other/a/b')],
        ['iam:GetRole', arn('iam', 'user/one')],
        ['iam:SimulatePrincipalPolicy', arn('iam', 'user/one')],
        ['iam:GetInstanceProfile', arn('iam', 'role/one')],
        ['ssm:GetServiceSetting', arn('ssm', 'servicesetting/ssm/parameter-store/default-parameter-tier')],
      ] as const;
      for (const [action, on] of others) expect(verdict(action, on), action).toBe('implicit-deny');
    });

    it('allow nothing that changes something', () => {
      for (const { Properties } of Object.values(template.findResources('AWS::IAM::Policy'))) {
        if (!JSON.stringify(Properties.Roles).includes('DoctorRole')) continue;
        for (const { Action } of Properties.PolicyDocument.Statement) {
          const changing = [Action].flat().filter((one: string) => !/:(Describe|Get|List|Simulate)/.test(one));
          expect(changing).toEqual([Action].flat().includes('logs:PutLogEvents') ? [Action].flat() : []);
        }
      }
      expect(verdict('ssm:SendCommand', '*')).toBe('implicit-deny');
    });
  });
});

/** A policy with the pseudo parameters of its ARNs filled in. */
function resolved(document: unknown): unknown {
  const text = JSON.stringify(document, (_, value: unknown) => {
    const joined = (value as { readonly 'Fn::Join'?: [string, unknown[]] } | null)?.['Fn::Join'];
    if (joined !== undefined) return joined[1].map(plain).join(joined[0]);
    if (Object.hasOwn(Object(value), 'Fn::GetAtt')) return 'arn:aws:logs:::x';
    return value;
  });
  return JSON.parse(text.replaceAll('{"Ref":"AWS::Partition"}', '"aws"'));
}

function plain(part: unknown): string {
  if (typeof part === 'string') return part;
  const { Ref = 'x' } = part as { readonly Ref?: string };
  return { 'AWS::Partition': 'aws', 'AWS::Region': region, 'AWS::AccountId': account }[Ref] ?? 'x';
}
