// Vectors of https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html, https://docs.aws.amazon.com/systems-manager/latest/userguide/monitor-commands.html
import type {
  DescribeInstanceInformationCommandOutput,
  ListCommandInvocationsCommandOutput,
  ListCommandsCommandOutput,
  SendCommandCommandOutput,
} from '@aws-sdk/client-ssm';
import { beforeEach, describe, expect, test } from 'vitest';
import { runDocument } from '../../../local/agent/run-document.ts';
import { here } from '../../../local/aws/service.ts';
import { VirtualClock } from '../../../local/clock.ts';
import type { Ended, Machine, Script } from '../../../local/machine/machine.ts';
import { Ec2 } from '../../../local/services/ec2.ts';
import type { ServiceEvent } from '../../../local/services/service-event.ts';
import { Ssm } from '../../../local/services/ssm.ts';
import { make, PermissiveAws, someone } from './permissive.ts';

const Content = {
  schemaVersion: '2.2',
  description: 'a test',
  parameters: {
    Release: { type: 'String', allowedPattern: '^[0-9.]{1,8}$', interpolationType: 'ENV_VAR' },
    Verb: { type: 'String', default: 'a', allowedValues: ['a', 'b'] },
  },
  mainSteps: [
    {
      action: 'aws:runShellScript',
      name: 'run',
      inputs: { timeoutSeconds: '600', runCommand: ['#!/bin/bash', 'true'] },
    },
  ],
};

let clock: VirtualClock;
let aws: PermissiveAws;
let ec2: Ec2;
let ssm: Ssm;
let events: ServiceEvent[];
let scripts: Script[];
let ended: Partial<Ended>;

const machine: Machine = {
  kind: 'modelled',
  description: 'a machine of this test',
  async run(script) {
    scripts.push(script);
    return { exitCode: 0, timedOut: false, stdout: 'out', stderr: '', durationMs: 20_000, ...ended };
  },
  handlers: async () => undefined,
  destroy: async () => {},
};

beforeEach(async () => {
  clock = new VirtualClock(Date.parse('2026-11-21T09:00:00Z'));
  aws = new PermissiveAws(clock);
  events = [];
  scripts = [];
  ended = {};
  const emit = (event: ServiceEvent) => events.push(event);
  ec2 = new Ec2({ clock, place: here, emit: () => {} });
  ssm = new Ssm({ clock, place: here, ec2, emit, runDocument });
  aws.add(ssm.service);
  await make(aws, ssm.resourceTypes, 'AWS::SSM::Document', { Name: 'install', Content, DocumentType: 'Command' });
});

const pass = (ms: number) => clock.run(() => false, clock.now() + ms);
const call = (operation: string, input: object) => aws.call(someone, 'ssm', operation, input);

async function node(online = true): Promise<string> {
  const id = ec2.launch({ tags: { runtime: 'gvisor' } });
  await pass(10_000);
  if (online) ssm.registerAgent(id, { agentVersion: '3.3.3050.0', machine });
  return id;
}

async function send(InstanceIds: string[], more: object = {}): Promise<string> {
  const Parameters = { Release: ['1.2'] };
  const output = (await call('SendCommand', {
    DocumentName: 'install',
    InstanceIds,
    Parameters,
    ...more,
  })) as SendCommandCommandOutput;
  return output.Command?.CommandId ?? '';
}
async function invocations(CommandId: string, more: object = { Details: true }) {
  const output = (await call('ListCommandInvocations', { CommandId, ...more })) as ListCommandInvocationsCommandOutput;
  return output.CommandInvocations ?? [];
}
async function agents(...Values: string[]) {
  const Filters = [{ Key: 'InstanceIds', Values }];
  const output = (await call('DescribeInstanceInformation', {
    Filters,
    MaxResults: 50,
  })) as DescribeInstanceInformationCommandOutput;
  return output.InstanceInformationList ?? [];
}

describe('a command', () => {
  test('runs the document on the machine and tells every status by an event', async () => {
    const id = await node();
    const commandId = await send([id]);
    expect(await invocations(commandId)).toEqual([]);
    await pass(1000);
    expect(await invocations(commandId)).toMatchObject([
      { Status: 'InProgress', CommandPlugins: [{ ResponseCode: -1 }] },
    ]);
    await pass(30_000);
    expect(scripts).toMatchObject([
      { environment: { SSM_Release: '1.2', SSM_COMMAND_ID: commandId }, timeoutSeconds: 600 },
    ]);
    expect(await invocations(commandId)).toMatchObject([
      {
        InstanceId: id,
        Status: 'Success',
        StatusDetails: 'Success',
        CommandPlugins: [{ Name: 'run', Output: 'out', ResponseCode: 0 }],
      },
    ]);
    const told = events.filter((event) => event['detail-type'] === 'EC2 Command Invocation Status-change Notification');
    expect(told.map((event) => event.detail['status'])).toEqual(['InProgress', 'Success']);
    expect(told[1]).toEqual({
      source: 'aws.ssm',
      'detail-type': 'EC2 Command Invocation Status-change Notification',
      resources: [`arn:aws:ec2:eu-central-1:123456789012:instance/${id}`],
      detail: {
        'command-id': commandId,
        'document-name': 'install',
        'instance-id': id,
        'requested-date-time': '2026-11-21T09:00:10.000Z',
        status: 'Success',
      },
    });
  });

  test('is told by a second kind of event that echoes the parameters and has no instance id', async () => {
    await send([await node()]);
    await pass(60_000);
    const told = events.filter((event) => event['detail-type'] === 'EC2 Command Status-change Notification');
    expect(told.map((event) => event.detail['status'])).toEqual(['InProgress', 'Success']);
    expect(told[0]?.detail['parameters']).toEqual({ Release: ['1.2'], Verb: ['a'] });
    expect(Object.keys(told[0]?.detail ?? {})).not.toContain('instance-id');
  });

  test('that fails says so for each node, with its output', async () => {
    const ids = [await node(), await node()];
    const commandId = await send(ids);
    ended = { exitCode: 3, stderr: 'broken' };
    await pass(60_000);
    const seen = await invocations(commandId);
    expect(seen.map((one) => one.Status)).toEqual(['Failed', 'Failed']);
    expect(seen[0]?.CommandPlugins?.[0]?.Output).toContain(
      '----------ERROR-------\nbroken\nfailed to run commands: exit status 3',
    );
    const one = await call('GetCommandInvocation', { CommandId: commandId, InstanceId: ids[0] });
    expect(one).toMatchObject({
      Status: 'Failed',
      ResponseCode: 3,
      StandardOutputContent: 'out',
      ExecutionElapsedTime: 'PT20S',
    });
  });

  test('waits for an agent that is silent, and is delivered when it talks again', async () => {
    const id = await node();
    ssm.agents.silence(id);
    const commandId = await send([id]);
    await pass(120_000);
    expect((await invocations(commandId))[0]?.Status).toBe('Pending');
    ssm.agents.wake(id);
    await pass(60_000);
    expect((await invocations(commandId))[0]?.Status).toBe('Success');
  });

  test('that was not delivered times out after its TimeoutSeconds and the execution time-out together', async () => {
    const id = await node();
    ssm.agents.silence(id);
    const commandId = await send([id], { TimeoutSeconds: 60 });
    await pass(659_000);
    expect((await invocations(commandId))[0]?.Status).toBe('Pending');
    await pass(1000);
    expect((await invocations(commandId))[0]).toMatchObject({ Status: 'TimedOut', StatusDetails: 'DeliveryTimedOut' });
    expect(scripts).toEqual([]);
  });

  test('whose node ends in its middle ends at its expiry', async () => {
    const id = await node();
    const commandId = await send([id], { TimeoutSeconds: 60 });
    await pass(10_000);
    ec2.terminate(id);
    await pass(600_000);
    expect((await invocations(commandId))[0]?.Status).toBe('InProgress');
    await pass(60_000);
    expect((await invocations(commandId))[0]).toMatchObject({ Status: 'TimedOut', StatusDetails: 'ExecutionTimedOut' });
  });

  test('that is cancelled before its delivery never runs', async () => {
    const id = await node();
    const commandId = await send([id]);
    await call('CancelCommand', { CommandId: commandId });
    await pass(60_000);
    expect((await invocations(commandId))[0]).toMatchObject({ Status: 'Cancelled' });
    expect(scripts).toEqual([]);
  });

  test('that is cancelled while it runs is Cancelling until the agent has killed the script', async () => {
    ended = { durationMs: 300_000 };
    const [id, other] = [await node(), await node()];
    const commandId = await send([id, other]);
    await pass(10_000);
    await call('CancelCommand', { CommandId: commandId, InstanceIds: [id] });
    expect((await invocations(commandId)).map(({ Status }) => Status)).toEqual(['Cancelling', 'InProgress']);
    await pass(1_000);
    expect((await invocations(commandId)).map(({ Status }) => Status)).toEqual(['Cancelled', 'InProgress']);
    await pass(300_000);
    expect((await invocations(commandId)).map(({ Status }) => Status)).toEqual(['Cancelled', 'Success']);
  });

  test('that is cancelled under a silent agent stays Cancelling until the agent talks again', async () => {
    ended = { durationMs: 300_000 };
    const id = await node();
    const commandId = await send([id]);
    await pass(10_000);
    ssm.agents.silence(id);
    await call('CancelCommand', { CommandId: commandId });
    await pass(60_000);
    expect((await invocations(commandId))[0]?.Status).toBe('Cancelling');
    ssm.agents.wake(id);
    await pass(1_000);
    expect((await invocations(commandId))[0]?.Status).toBe('Cancelled');
  });

  test('that has ended is not changed by a cancellation, and an unknown one is refused', async () => {
    const id = await node();
    const commandId = await send([id]);
    await pass(60_000);
    await call('CancelCommand', { CommandId: commandId });
    expect((await invocations(commandId))[0]?.Status).toBe('Success');
    await expect(
      call('CancelCommand', { CommandId: commandId, InstanceIds: ['i-0123456789abcdef0'] }),
    ).rejects.toMatchObject({
      code: 'InvalidInstanceId',
    });
    await expect(call('CancelCommand', { CommandId: '00000000-0000-0000-0000-000000000000' })).rejects.toMatchObject({
      code: 'InvalidCommandId',
    });
  });

  test('goes to no further node after more errors than MaxErrors allows', async () => {
    ended = { exitCode: 1 };
    const commandId = await send([await node(), await node(), await node()], { MaxConcurrency: '1', MaxErrors: '1' });
    await pass(120_000);
    expect((await invocations(commandId)).map((one) => one.StatusDetails)).toEqual(['Failed', 'Failed', 'Terminated']);
  });
});

describe('SendCommand', () => {
  test('needs the right on the document, and on each instance with its tags', async () => {
    const id = await node();
    const authorize = ssm.service.operations['SendCommand']?.authorize;
    expect(
      authorize?.({ DocumentName: 'install', InstanceIds: [id] } as never, { principal: someone, now: 0 }),
    ).toEqual([
      { action: 'ssm:SendCommand', resource: 'arn:aws:ssm:eu-central-1:123456789012:document/install' },
      {
        action: 'ssm:SendCommand',
        resource: `arn:aws:ec2:eu-central-1:123456789012:instance/${id}`,
        context: { 'ssm:resourceTag/runtime': 'gvisor', 'aws:ResourceTag/runtime': 'gvisor' },
      },
    ]);
  });

  test('is refused as a whole, by name, when one instance has no agent or has ended', async () => {
    const good = await node();
    const young = await node(false);
    const gone = await node();
    ec2.terminate(gone);
    await expect(send([good, young, gone])).rejects.toMatchObject({
      code: 'InvalidInstanceId',
      message: `Instances [[${young}, ${gone}]] not in a valid state for account 123456789012`,
    });
    await pass(60_000);
    expect(scripts).toEqual([]);
  });

  test('is throttled above its rate', async () => {
    const id = await node();
    for (let count = 0; count < 5; count++) await send([id]);
    await expect(send([id])).rejects.toMatchObject({ code: 'ThrottlingException', message: 'Rate exceeded' });
    await pass(200);
    await expect(send([id])).resolves.toBeDefined();
    await expect(send([id])).rejects.toMatchObject({ code: 'ThrottlingException' });
  });

  const refused: [string, object, RegExp][] = [
    ['a parameter that is missing', { Parameters: {} }, /Parameter "Release" is required/],
    ['a parameter that is not declared', { Parameters: { Release: ['1'], Other: ['x'] } }, /"Other" is not defined/],
    [
      'a value off the pattern',
      { Parameters: { Release: ['1; rm -rf /'] } },
      /"1; rm -rf \/" does not match the pattern/,
    ],
    ['a value that is not allowed', { Parameters: { Release: ['1'], Verb: ['c'] } }, /takes one of a, b, not "c"/],
    ['a list for a String', { Parameters: { Release: ['1', '2'] } }, /takes one value, not 2/],
    ['a long comment', { Comment: 'x'.repeat(101) }, /at most 100 characters/],
    ['a short time-out', { TimeoutSeconds: 29 }, /between 30 and 2592000/],
    ['an unknown document', { DocumentName: 'other' }, /Document with name other does not exist/],
    ['more than 50 instances', { InstanceIds: Array.from({ length: 51 }, (_, n) => `i-${n}`) }, /at most 50 long/],
    ['targets', { Targets: [{ Key: 'tag:a', Values: ['b'] }] }, /Targets is not modelled/],
  ];
  test.each(refused)('refuses %s', async (_name, more, message) => {
    await expect(send([await node()], more)).rejects.toThrow(message);
  });
});

describe('an invocation', () => {
  test('cannot be seen in the first moments', async () => {
    const id = await node();
    const CommandId = await send([id]);
    const get = () => call('GetCommandInvocation', { CommandId, InstanceId: id });
    await expect(get()).rejects.toMatchObject({ code: 'InvocationDoesNotExist' });
    await pass(500);
    await expect(get()).resolves.toMatchObject({ Status: 'InProgress', ResponseCode: -1 });
  });

  test('shows 24,000 characters of output, and 2,500 in a listing', async () => {
    ended = { stdout: 'x'.repeat(30_000) };
    const id = await node();
    const CommandId = await send([id]);
    await pass(60_000);
    const got = (await call('GetCommandInvocation', { CommandId, InstanceId: id })) as {
      StandardOutputContent: string;
    };
    expect(got.StandardOutputContent).toHaveLength(24_000);
    expect((await invocations(CommandId))[0]?.CommandPlugins?.[0]?.Output).toHaveLength(2500);
  });
});

describe('ListCommands', () => {
  test('finds a command by its time, which has no fraction of a second', async () => {
    const id = await node();
    await send([id], { Comment: 'first' });
    await pass(60_000);
    await send([id], { Comment: 'second' });
    const list = (value: string) => call('ListCommands', { Filters: [{ key: 'InvokedAfter', value }] });
    const found = (await list('2026-11-21T09:00:30Z')) as ListCommandsCommandOutput;
    expect(found.Commands).toMatchObject([{ Comment: 'second', InstanceIds: [id] }]);
    await expect(list('2026-11-21T09:00:30.000Z')).rejects.toMatchObject({ code: 'ValidationException' });
  });
});

describe('an agent', () => {
  test('pings every five minutes, and is lost five minutes after its last ping', async () => {
    const id = await node();
    await pass(420_000);
    expect(await agents(id)).toMatchObject([
      { PingStatus: 'Online', LastPingDateTime: new Date('2026-11-21T09:05:10Z'), AgentVersion: '3.3.3050.0' },
    ]);
    ssm.agents.silence(id);
    await pass(180_000);
    expect((await agents(id))[0]?.PingStatus).toBe('Online');
    await pass(1000);
    expect((await agents(id))[0]?.PingStatus).toBe('ConnectionLost');
    await pass(3_600_000);
    expect(await agents(id)).toEqual([]);
  });

  test('of a stopped instance keeps its old ping until it comes back', async () => {
    const id = await node();
    ec2.stop(id);
    await pass(60_000);
    ec2.start(id);
    await pass(60_000);
    const launched = ec2.instance(id).launchTime;
    expect((await agents(id))[0]?.LastPingDateTime?.getTime()).toBeLessThan(launched);
    ssm.registerAgent(id, { agentVersion: '3.3.3050.0', machine });
    expect((await agents(id))[0]?.LastPingDateTime?.getTime()).toBeGreaterThan(launched);
  });

  test('is absent from the answer where SSM does not know it; no timer runs for it', async () => {
    expect(await agents(await node(false))).toEqual([]);
    await node();
    const before = clock.now();
    await clock.run(() => false);
    expect(clock.now()).toBe(before);
    await expect(call('DescribeInstanceInformation', { MaxResults: 4 })).rejects.toThrow(/between 5 and 50/);
  });
});

describe('a document is refused', () => {
  const cases: [string, object, RegExp][] = [
    ['of another schema', { Content: { ...Content, schemaVersion: '1.2' } }, /schemaVersion must be "2.2"/],
    [
      'with a parameter type that is none',
      { Content: { ...Content, parameters: { A: { type: 'Text' } } } },
      /parameters\.A\.type/,
    ],
    [
      'whose interpolationType stands at the step',
      { Content: { ...Content, mainSteps: [{ ...Content.mainSteps[0], interpolationType: 'ENV_VAR' }] } },
      /interpolationType/,
    ],
    ['above 64 KB', { Content: { ...Content, description: 'x'.repeat(65_536) } }, /65536 are the most/],
    ['under a reserved name', { Name: 'aws-install' }, /reserved/],
  ];
  test.each(cases)('%s', async (_name, properties, message) => {
    const all = { Name: 'other', Content, DocumentType: 'Command', ...properties };
    await expect(make(aws, ssm.resourceTypes, 'AWS::SSM::Document', all)).rejects.toThrow(message);
  });

  test('unless it is YAML that says the same', async () => {
    const yaml =
      'schemaVersion: "2.2"\nmainSteps:\n  - action: aws:runShellScript\n    name: a\n    inputs: { runCommand: ["true"] }\n';
    const made = make(aws, ssm.resourceTypes, 'AWS::SSM::Document', {
      Name: 'y',
      Content: yaml,
      DocumentFormat: 'YAML',
      DocumentType: 'Command',
    });
    await expect(made).rejects.toThrow(/Name/);
    const named = { Name: 'yaml', Content: yaml, DocumentFormat: 'YAML', DocumentType: 'Command' };
    await expect(make(aws, ssm.resourceTypes, 'AWS::SSM::Document', named)).resolves.toMatchObject({ ref: 'yaml' });
  });
});
