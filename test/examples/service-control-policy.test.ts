import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as logs from '@aws-sdk/client-cloudwatch-logs';
import * as ec2 from '@aws-sdk/client-ec2';
import * as iam from '@aws-sdk/client-iam';
import * as lambda from '@aws-sdk/client-lambda';
import * as states from '@aws-sdk/client-sfn';
import * as ssm from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';
import type { Simulation } from '../../packages/lab/simulation.ts';
import { evaluateIdentity, readPolicy, type Verdict } from '../../packages/local-aws/iam.ts';
import { functionName, startSimulation } from '../scenarios/scenario.ts';

const file = join(import.meta.dirname, '..', '..', 'examples', 'service-control-policy', 'policy.json');
const text = readFileSync(file, 'utf8');
const policy = JSON.parse(text) as { Statement: { Action: string[] }[] };
const everything = readPolicy({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
});

const account = '123456789012';
const node = `arn:aws:ec2:eu-central-1:${account}:instance/i-0123456789abcdef0`;
const role = (name: string) => `arn:aws:iam::${account}:role/${name}`;
const stranger = role('developer');
const deployment = role(`cdk-hnb659fds-cfn-exec-role-${account}-eu-central-1`);

/** The result of a call by a principal whose own policies allow everything. */
function verdict(principal: string, action: string, resource: string, keys: Record<string, string[]> = {}): Verdict {
  const context = new Map([['aws:principalarn', [principal]], ...Object.entries(keys)]);
  return evaluateIdentity([everything, readPolicy(policy)], { action, resource, context });
}

/** The doors of a deployed stack. */
async function deployed() {
  const world: Simulation = await startSimulation();
  const { roleArn } = world.cloud.lambda.function(functionName(world, 'Dispatch')).settings;
  return {
    document: world.services.ssm.documents()[0]?.arn ?? '',
    function: String(world.cloud.resource('Dispatch/Function').attributes['Arn']),
    machine: world.cloud.resource('Workflow/StateMachine').ref,
    audit: `arn:aws:logs:eu-central-1:${account}:log-group:${world.cloud.resource('Audit/Trail').ref}:log-stream:x`,
    role: roleArn,
  };
}

describe('the sample service control policy', () => {
  it('fits into the 5,120 characters that AWS Organizations accepts', () => {
    expect(text.length).toBeLessThanOrEqual(5_120);
  });

  it('names only actions that AWS has', () => {
    const operations: Record<string, object> = { ec2, iam, lambda, logs, ssm, states };
    // These two have no operation of the same name.
    const others = ['lambda:InvokeFunction', 'iam:PassRole'];
    for (const action of policy.Statement.flatMap((statement) => statement.Action)) {
      const [service = '', name = ''] = action.split(':');
      if (others.includes(action)) continue;
      expect(Object.hasOwn(operations[service] ?? {}, `${name}Command`), action).toBe(true);
    }
  });

  it.each(['airlock:runtime', 'airlock:cluster'])('lets only named roles set the tag %s', (key) => {
    const keys = { 'aws:tagkeys': ['Name', key] };
    for (const action of ['ec2:CreateTags', 'ec2:DeleteTags']) {
      expect(verdict(stranger, action, node, keys)).toBe('explicit-deny');
      expect(verdict(role('KarpenterController-demo'), action, node, keys)).toBe('allow');
      expect(verdict(stranger, action, node, { 'aws:tagkeys': ['Name'] })).toBe('allow');
    }
  });

  it('lets only Airlock run commands on its nodes, and does not affect other instances', () => {
    const tagged = { 'ssm:resourcetag/airlock:runtime': ['gvisor'] };
    expect(verdict(stranger, 'ssm:SendCommand', node, tagged)).toBe('explicit-deny');
    expect(verdict(stranger, 'ssm:SendCommand', node)).toBe('allow');
    expect(verdict(role('Airlock-Dispatch'), 'ssm:SendCommand', node, tagged)).toBe('allow');
  });

  it("lets only Airlock call the stack's resources, and only a deployment change them", async () => {
    const { document, function: dispatch, machine, audit, role: airlock } = await deployed();
    const calls = [
      ['ssm:SendCommand', document],
      ['lambda:InvokeFunction', dispatch],
      ['states:StartExecution', machine],
    ] as const;
    const seen = (action: string, resource: string) =>
      [stranger, airlock, deployment].map((principal) => verdict(principal, action, resource));
    for (const [action, resource] of calls) {
      expect([action, ...seen(action, resource)]).toEqual([action, 'explicit-deny', 'allow', 'allow']);
    }
    const changes = [
      ['ssm:UpdateDocument', document],
      ['ssm:UpdateDocumentDefaultVersion', document],
      ['ssm:DeleteDocument', document],
      ['lambda:UpdateFunctionCode', dispatch],
      ['states:UpdateStateMachine', machine],
      ['iam:PassRole', airlock],
      ['iam:UpdateAssumeRolePolicy', airlock],
      ['logs:PutLogEvents', audit],
    ] as const;
    for (const [action, resource] of changes) {
      expect([action, ...seen(action, resource)]).toEqual([action, 'explicit-deny', 'explicit-deny', 'allow']);
    }
  });
});
