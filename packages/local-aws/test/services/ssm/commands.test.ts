// Examples from https://docs.aws.amazon.com/systems-manager/latest/userguide/monitor-commands.html
import { describe, expect } from 'vitest';
import { it } from './world.ts';

describe('a command', () => {
  it('runs the document on the machine and publishes every status as an event', async ({
    world: { events, scripts, pass, node, send, invocations },
  }) => {
    const id = await node();
    const commandId = await send([id]);
    expect(await invocations(commandId)).toEqual([]);
    await pass(1000);
    expect(await invocations(commandId)).toMatchObject([
      { Status: 'InProgress', CommandPlugins: [{ ResponseCode: -1 }] },
    ]);
    await pass(30_000);
    expect(scripts).toMatchObject([
      { environment: { SSM_Version: '1.2', SSM_COMMAND_ID: commandId }, timeoutSeconds: 600 },
    ]);
    expect(await invocations(commandId)).toMatchObject([
      {
        InstanceId: id,
        Status: 'Success',
        StatusDetails: 'Success',
        CommandPlugins: [{ Name: 'run', Output: 'out', ResponseCode: 0 }],
      },
    ]);
    const published = events.filter(
      (event) => event['detail-type'] === 'EC2 Command Invocation Status-change Notification',
    );
    expect(published.map((event) => event.detail['status'])).toEqual(['InProgress', 'Success']);
    expect(published[1]).toEqual({
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

  it('is also published as a second kind of event, which repeats the parameters and has no instance id', async ({
    world: { events, pass, node, send },
  }) => {
    await send([await node()]);
    await pass(60_000);
    const published = events.filter((event) => event['detail-type'] === 'EC2 Command Status-change Notification');
    expect(published.map((event) => event.detail['status'])).toEqual(['InProgress', 'Success']);
    expect(published[0]?.detail['parameters']).toEqual({ Version: ['1.2'], Verb: ['a'] });
    expect(Object.keys(published[0]?.detail ?? {})).not.toContain('instance-id');
  });

  it('that fails reports so for each node, with its output', async ({
    world: { pass, call, node, send, invocations, ends },
  }) => {
    const ids = [await node(), await node()];
    const commandId = await send(ids);
    ends({ exitCode: 3, stderr: 'broken\n' });
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

  it('waits for a silent agent, and is delivered when it is back', async ({
    world: { ssm, pass, node, send, invocations },
  }) => {
    const id = await node();
    ssm.agents.silence(id);
    const commandId = await send([id]);
    await pass(120_000);
    expect((await invocations(commandId))[0]?.Status).toBe('Pending');
    ssm.agents.wake(id);
    await pass(60_000);
    expect((await invocations(commandId))[0]?.Status).toBe('Success');
  });

  it('that was not delivered times out after its TimeoutSeconds and the execution time-out together', async ({
    world: { ssm, scripts, pass, node, send, invocations },
  }) => {
    const id = await node();
    ssm.agents.silence(id);
    const commandId = await send([id], { TimeoutSeconds: 60 });
    await pass(659_000);
    expect((await invocations(commandId))[0]?.Status).toBe('Pending');
    await pass(1000);
    expect((await invocations(commandId))[0]).toMatchObject({ Status: 'TimedOut', StatusDetails: 'DeliveryTimedOut' });
    expect(scripts).toEqual([]);
  });

  it('whose node ends while it runs ends at its expiry', async ({ world: { ec2, pass, node, send, invocations } }) => {
    const id = await node();
    const commandId = await send([id], { TimeoutSeconds: 60 });
    await pass(10_000);
    ec2.terminate(id);
    await pass(600_000);
    expect((await invocations(commandId))[0]?.Status).toBe('InProgress');
    await pass(60_000);
    expect((await invocations(commandId))[0]).toMatchObject({ Status: 'TimedOut', StatusDetails: 'ExecutionTimedOut' });
  });

  it('that is cancelled before its delivery never runs', async ({
    world: { scripts, pass, call, node, send, invocations },
  }) => {
    const id = await node();
    const commandId = await send([id]);
    await call('CancelCommand', { CommandId: commandId });
    await pass(60_000);
    expect((await invocations(commandId))[0]).toMatchObject({ Status: 'Cancelled' });
    expect(scripts).toEqual([]);
  });

  it('that is cancelled while it runs is Cancelling until the agent has killed the script', async ({
    world: { pass, call, node, send, invocations, ends },
  }) => {
    ends({ durationMs: 300_000 });
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

  it('that is cancelled under a silent agent stays Cancelling until the agent is back', async ({
    world: { ssm, pass, call, node, send, invocations, ends },
  }) => {
    ends({ durationMs: 300_000 });
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

  it('that has ended is not changed by a cancellation, and an unknown one is refused', async ({
    world: { pass, call, node, send, invocations },
  }) => {
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

  it('goes to no further node after more errors than MaxErrors allows', async ({
    world: { pass, node, send, invocations, ends },
  }) => {
    ends({ exitCode: 1 });
    const commandId = await send([await node(), await node(), await node()], { MaxConcurrency: '1', MaxErrors: '1' });
    await pass(120_000);
    expect((await invocations(commandId)).map((one) => one.StatusDetails)).toEqual(['Failed', 'Failed', 'Terminated']);
  });
});
