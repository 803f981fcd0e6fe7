import { execFileSync, spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Served, serve } from '../../local-aws/server.ts';
import { startModelled } from '../simulation/modelled.ts';
import { karpenterNode, type LaunchedNode } from '../simulation/node.ts';
import type { Simulation } from '../simulation/simulation.ts';

const hasCli = has('aws');
if (!hasCli) {
  process.stderr.write(
    '\nSKIPPED: the AWS CLI against the local cloud. There is no program aws here: apt-get install awscli\n\n',
  );
}

function has(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

let world: Simulation;
let node: LaunchedNode;
let served: Served;

beforeAll(async () => {
  world = await startModelled(inject('assembly'));
  node = await world.launch(karpenterNode('demo', 'airlock.dev/bootstrap'));
  await world.settle(40 * 60_000);
  served = await serve(world.cloud);
});

afterAll(async () => {
  await served.close();
  await world.stop();
});

/** Runs the AWS CLI as an operator would; the cloud's process answers meanwhile. */
async function aws(args: string, change: Readonly<Record<string, string>> = {}) {
  const { AWS_ENDPOINT_URL: endpoint = '', ...environment } = { ...served.environment, ...change };
  const words = [...args.split(' '), '--endpoint-url', endpoint, '--output', 'json'];
  const child = spawn('aws', words, {
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', AWS_PAGER: '', AWS_MAX_ATTEMPTS: '1', ...environment },
  });
  const code = new Promise<number>((resolve) => child.on('close', (status) => resolve(status ?? 1)));
  const [said, complained, status] = await Promise.all([text(child.stdout), text(child.stderr), code]);
  return { status, complained, json: said === '' ? undefined : JSON.parse(said) };
}

async function answer(args: string) {
  const { status, complained, json } = await aws(args);
  expect(status, args).toBe(0);
  expect(complained, args).toBe('');
  return json;
}

describe.skipIf(!hasCli)('the AWS CLI (Debian: apt-get install awscli), as the guide for operators uses it', () => {
  it("finds a node's command and its output", async () => {
    const { Commands } = await answer('ssm list-commands');
    expect(Commands).toHaveLength(1);
    const [{ CommandId }] = Commands;
    const invocation = await answer(
      `ssm get-command-invocation --command-id ${CommandId} --instance-id ${node.instanceId}`,
    );
    expect(invocation).toMatchObject({
      Status: 'Success',
      StandardOutputContent: expect.stringContaining('"installed"'),
    });
    const { InstanceInformationList } = await answer('ssm describe-instance-information');
    expect(InstanceInformationList).toMatchObject([{ InstanceId: node.instanceId, PingStatus: 'Online' }]);
  });

  it("finds a node's execution and its result", async () => {
    const arn = world.cloud.resources.find(({ type }) => type === 'AWS::StepFunctions::StateMachine')?.ref;
    const { executions } = await answer(`stepfunctions list-executions --state-machine-arn ${arn}`);
    expect(executions).toMatchObject([{ status: 'SUCCEEDED', name: expect.stringContaining(node.instanceId) }]);
    const execution = await answer(`stepfunctions describe-execution --execution-arn ${executions[0].executionArn}`);
    expect(JSON.parse(execution.output)).toMatchObject({ outcome: 'released', instanceId: node.instanceId });
    const history = await answer(`stepfunctions get-execution-history --execution-arn ${executions[0].executionArn}`);
    expect(history.events.at(-1).type).toBe('ExecutionSucceeded');
  });

  it('reads queues, the ledger, instances and logs', async () => {
    for (const { settings } of world.services.sqs.all().slice(0, 2)) {
      const names = '--attribute-names ApproximateNumberOfMessages QueueArn';
      const { Attributes } = await answer(`sqs get-queue-attributes --queue-url ${settings.url} ${names}`);
      expect(Attributes).toEqual({ ApproximateNumberOfMessages: '0', QueueArn: settings.arn });
    }
    const table = world.cloud.resources.find(({ type }) => type === 'AWS::DynamoDB::Table')?.ref;
    const key = `--key-condition-expression instanceId=:i --expression-attribute-values {":i":{"S":"${node.instanceId}"}}`;
    const { Items } = await answer(`dynamodb query --table-name ${table} ${key}`);
    expect(Items).toMatchObject([{ outcome: { S: 'released' } }]);
    const { Reservations } = await answer('ec2 describe-instances --filters Name=tag:airlock:runtime,Values=gvisor');
    expect(Reservations[0].Instances).toMatchObject([{ InstanceId: node.instanceId, State: { Name: 'running' } }]);
    const { events } = await answer(
      `logs filter-log-events --log-group-name ${world.cloud.outputs['AuditTrail']} --filter-pattern ${node.instanceId}`,
    );
    const own = (events as readonly { readonly message: string }[]).filter(
      ({ message }) => JSON.parse(message).source === 'airlock',
    );
    expect(own).toHaveLength(5);
    expect((await answer('sts get-caller-identity')).Arn).toContain('assumed-role/Operator/cli');
  });

  it("receives the service's own message if something is wrong", async () => {
    const missing = await aws(
      'ssm get-command-invocation --command-id 00000000-0000-4000-8000-000000000000 --instance-id i-0123456789abcdef0',
    );
    expect(missing.complained).toContain('InvocationDoesNotExist');
    const queue = await aws('sqs get-queue-url --queue-name nowhere');
    expect(queue.complained).toContain('NonExistentQueue');
    const wrong = await aws('ec2 describe-instances', { AWS_SECRET_ACCESS_KEY: 'x'.repeat(40) });
    expect(wrong.complained).toContain('InvalidSignatureException');
    const stranger = await aws('ssm list-commands', { AWS_ACCESS_KEY_ID: 'ASIASTRANGER00000000' });
    expect(stranger.complained).toContain('UnrecognizedClientException');
    const unknown = await aws('ssm list-associations');
    expect(unknown.complained).toContain('the local cloud does not know ssm:ListAssociations');
  });
});

describe('the front for other programs', () => {
  it('refuses unsigned requests, and those signed at another time', async () => {
    const bare = await fetch(served.url, { method: 'POST', body: '{}' });
    expect(bare.status).toBe(403);
    expect(await bare.text()).toContain('MissingAuthenticationToken');
    const late = await serve(world.cloud, () => Date.now() + 6 * 60_000);
    try {
      if (!hasCli) return;
      const { complained } = await aws('ssm list-commands', late.environment);
      expect(complained).toContain('Signature expired');
    } finally {
      await late.close();
    }
  });

  it('names everything that other tools need', () => {
    expect(Object.keys(served.environment)).toEqual([
      'AWS_ENDPOINT_URL',
      'AWS_REGION',
      'AWS_DEFAULT_REGION',
      'AWS_ACCESS_KEY_ID',
      'AWS_SECRET_ACCESS_KEY',
      'AWS_SESSION_TOKEN',
    ]);
  });
});
