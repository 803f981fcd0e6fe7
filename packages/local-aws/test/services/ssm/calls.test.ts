// Examples from https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html
import type { ListCommandsCommandOutput } from '@aws-sdk/client-ssm';
import { describe, expect } from 'vitest';
import { someone } from '../permissive.ts';
import { it } from './world.ts';

describe('SendCommand', () => {
  it('needs the right on the document, and on each instance with its tags', async ({ world: { ssm, node } }) => {
    const id = await node();
    const authorize = ssm.service.operations['SendCommand']?.authorize;
    expect(
      authorize?.({ DocumentName: 'install', InstanceIds: [id] } as never, { principal: someone, now: 0 }),
    ).toEqual([
      { action: 'ssm:SendCommand', resource: 'arn:aws:ssm:eu-central-1:123456789012:document/install' },
      {
        action: 'ssm:SendCommand',
        resource: `arn:aws:ec2:eu-central-1:123456789012:instance/${id}`,
        context: { 'ssm:resourceTag/runtime': 'orders', 'aws:ResourceTag/runtime': 'orders' },
      },
    ]);
  });

  it('is refused completely, by name, if one instance has no agent or has ended', async ({
    world: { ec2, scripts, pass, node, send },
  }) => {
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

  it('is throttled above its rate', async ({ world: { pass, node, send } }) => {
    const id = await node();
    for (let count = 0; count < 5; count++) await send([id]);
    await expect(send([id])).rejects.toMatchObject({ code: 'ThrottlingException', message: 'Rate exceeded' });
    await pass(200);
    await expect(send([id])).resolves.toBeDefined();
    await expect(send([id])).rejects.toMatchObject({ code: 'ThrottlingException' });
  });

  const refused: [string, object, RegExp][] = [
    ['a parameter that is missing', { Parameters: {} }, /Parameter "Version" is required/],
    ['a parameter that is not declared', { Parameters: { Version: ['1'], Other: ['x'] } }, /"Other" is not defined/],
    [
      'a value that does not match the pattern',
      { Parameters: { Version: ['1; rm -rf /'] } },
      /"1; rm -rf \/" does not match the pattern/,
    ],
    ['a value that is not allowed', { Parameters: { Version: ['1'], Verb: ['c'] } }, /takes one of a, b, not "c"/],
    ['a list for a String', { Parameters: { Version: ['1', '2'] } }, /takes one value, not 2/],
    ['a long comment', { Comment: 'x'.repeat(101) }, /at most 100 characters/],
    ['a short time-out', { TimeoutSeconds: 29 }, /between 30 and 2592000/],
    ['an unknown document', { DocumentName: 'other' }, /Document with name other does not exist/],
    ['more than 50 instances', { InstanceIds: Array.from({ length: 51 }, (_, n) => `i-${n}`) }, /at most 50 long/],
    ['targets', { Targets: [{ Key: 'tag:a', Values: ['b'] }] }, /Targets is not modelled/],
  ];
  it.for(refused)('refuses %s', async ([_name, more, message], { world: { node, send } }) => {
    await expect(send([await node()], more)).rejects.toThrow(message);
  });
});

describe('an invocation', () => {
  it('is not visible at first', async ({ world: { pass, call, node, send } }) => {
    const id = await node();
    const CommandId = await send([id]);
    const get = () => call('GetCommandInvocation', { CommandId, InstanceId: id });
    await expect(get()).rejects.toMatchObject({ code: 'InvocationDoesNotExist' });
    await pass(500);
    await expect(get()).resolves.toMatchObject({ Status: 'InProgress', ResponseCode: -1 });
  });

  it('shows 24,000 characters of output, and 2,500 in a listing', async ({
    world: { pass, call, node, send, invocations, ends },
  }) => {
    ends({ stdout: 'x'.repeat(30_000) });
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
  it('finds a command by its time, which has no fraction of a second', async ({
    world: { pass, call, node, send },
  }) => {
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
