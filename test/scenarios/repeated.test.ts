import { describe, expect, it } from 'vitest';
import { broken, plant } from '../../packages/lab/faults.ts';
import { ModelledMachine } from '../../packages/lab/machines.ts';
import { karpenterNode } from '../../packages/lab/simulation.ts';
import {
  cluster,
  commandsFor,
  done,
  functionName,
  gate,
  launch,
  pass,
  settle,
  startSimulation,
  timeline,
} from './scenario.ts';

describe('one execution, one installation, one version', () => {
  it('although SendCommand is throttled five times', async () => {
    const world = await startSimulation();
    const node = await world.launch(plant(['send-throttled'], world, karpenterNode(cluster, gate)));
    await settle(world);

    expect(world.cloud.journal.filter(({ error }) => error === 'ThrottlingException')).toHaveLength(5);
    expect(world.report(node).outcome).toBe('released');
    expect(commandsFor(world, node)).toBe(1);
  });

  it('although dispatch dies right after SendCommand, before the ledger knows the command', async () => {
    const world = await startSimulation();
    const node = await world.launch(plant(['dispatch-dies'], world, karpenterNode(cluster, gate)));
    await settle(world);
    // The dead dispatcher's message is delivered again after its visibility time-out.
    await pass(world, 10 * 60_000);

    expect(world.services.states.executions()).toHaveLength(1);
    expect(world.report(node).outcome).toBe('released');
    expect(commandsFor(world, node)).toBe(1);
    expect(node.machine instanceof ModelledMachine && node.machine.restarts()).toBe(1);
    expect(timeline(world, node).filter((type) => type === 'Node Released')).toHaveLength(1);
  });
});

describe('a message that the state machine believes was never sent', () => {
  it('is not processed once the next attempt was', async () => {
    const world = await startSimulation();
    const queue = world.services.sqs.all().find(({ settings }) => settings.name.includes('DispatchQueue-'));
    let lost = 1;
    world.cloud.faults = {
      afterCall: ({ service, operation, input }) => {
        const { QueueUrl } = input as { QueueUrl?: string };
        const sent = service === 'sqs' && operation === 'SendMessage' && QueueUrl === queue?.settings.url;
        if (!sent || lost-- <= 0) return undefined;
        const [message] = queue?.messages() ?? [];
        if (message === undefined) throw new Error('the message is not in the queue');
        queue?.take(message.id);
        world.clock.after(120_000, () => queue?.add(message, 0));
        return broken('sqs');
      },
    };
    const node = await launch(world, { joinAfterMs: 300_000 });
    await pass(world, 240_000);
    expect(queue?.messages()).toEqual([]);
    expect(commandsFor(world, node)).toBe(1);
    await settle(world);

    expect(world.report(node).outcome).toBe('released');
    expect(commandsFor(world, node)).toBe(1);
  });
});

describe('a command from another sender', () => {
  it('with our own document on one of our nodes settles nothing', async () => {
    const world = await startSimulation();
    const node = await launch(world, { agentAfterMs: 120_000 });
    await pass(world, 60_000);
    world.services.ssm.registerAgent(node.instanceId, { agentVersion: '3.3.3185.0', machine: node.watched });
    const document = world.cloud.resources.find(
      ({ type, ref }) => type === 'AWS::SSM::Document' && ref.includes('install'),
    );
    const operator = {
      kind: 'role',
      roleArn: world.cloud.iam.role(roleOf(world)).arn,
      sessionName: 'operator',
    } as const;
    await world.cloud.aws.call(operator, 'ssm', 'SendCommand', {
      DocumentName: document?.ref,
      InstanceIds: [node.instanceId],
      Parameters: { Version: ['20260928.0'] },
      Comment: 'by hand',
    });
    await settle(world);

    expect(commandsFor(world, node)).toBe(2);
    expect(done(world, 'SendTaskSuccess')).toBe(2);
    expect(world.report(node).outcome).toBe('already-installed');
    const [receipt] = world.timelineOf(node).filter((event) => event['detail-type'] === 'Node Proven');
    expect(JSON.stringify(receipt?.detail)).not.toContain('by hand');
  });
});

function roleOf(world: Awaited<ReturnType<typeof startSimulation>>): string {
  return world.cloud.lambda.function(functionName(world, 'Dispatch')).settings.roleArn;
}
