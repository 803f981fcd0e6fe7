import { describe, expect, it, onTestFinished } from 'vitest';
import type { Simulation } from '../../packages/lab/simulation.ts';
import { AwsError } from '../../packages/local-aws/aws.ts';
import { serve } from '../../packages/local-aws/server.ts';
import { withOperator } from './operator.ts';
import {
  commandsFor,
  done,
  functionName,
  launch,
  pass,
  releasedTimeline,
  settle,
  startSimulation,
  taintsOf,
  timeline,
  withoutReconcile,
} from './scenario.ts';

const minute = 60_000;

/** Loses every event of an AWS service on its way to our queues. */
function lose(world: Simulation, source: string): void {
  world.services.events.delivery = ({ event }) => (event.source === source ? [] : undefined);
}

describe('a launch without an event', () => {
  it('is found by reconcile, and the node is released within its deadline', async () => {
    const world = await startSimulation();
    lose(world, 'aws.ec2');
    const node = await launch(world);
    await settle(world);

    expect(world.report(node).outcome).toBe('released');
    expect(timeline(world, node)).toEqual(releasedTimeline);
    expect(world.services.states.executions().map(({ name }) => name)).toEqual([
      expect.stringMatching(`^${node.instanceId}-${Math.floor(node.launchedAt / 1000)}-install-1-[0-9a-f]{16}$`),
    ]);
  });

  it('is left to its event while that may still arrive', async () => {
    const world = await startSimulation();
    lose(world, 'aws.ec2');
    await launch(world);
    await pass(world, 2 * minute);
    expect(world.services.states.executions()).toEqual([]);
  });

  it('is not judged if it was in service before its tag requested a runtime', async () => {
    const world = await startSimulation();
    lose(world, 'aws.ec2');
    const node = await launch(world, { gate: 'example.com/none-of-ours', tags: { 'airlock:runtime': 'later' } });
    const { tags } = world.services.ec2.instance(node.instanceId);
    const { 'airlock:runtime': _, ...bare } = tags;
    world.services.ec2.retag(node.instanceId, bare);
    await pass(world, 30 * minute);
    world.services.ec2.retag(node.instanceId, { ...bare, 'airlock:runtime': 'gvisor' });
    await pass(world, 30 * minute);
    expect(world.services.states.executions()).toEqual([]);
  });
});

describe('a result without an event', () => {
  it('is asked for, and the node is released within its deadline', async () => {
    const world = await startSimulation();
    lose(world, 'aws.ssm');
    const node = await launch(world);
    await settle(world);

    expect(world.report(node).outcome).toBe('released');
    expect(commandsFor(world, node)).toBe(1);
    expect(done(world, 'SendTaskSuccess')).toBe(2);
    expect(timeline(world, node)).toEqual(releasedTimeline);
  });

  it('of a command that the ledger does not know is found by its comment', async () => {
    const world = await startSimulation();
    lose(world, 'aws.ssm');
    let deaths = 1;
    world.cloud.faults = {
      afterCall: ({ operation }) => (operation === 'SendCommand' && deaths-- > 0 ? 'crash' : undefined),
    };
    const node = await launch(world);
    await pass(world, minute);
    // The dead dispatcher's message is not delivered again: it is a dead letter.
    for (const queue of world.services.sqs.all()) {
      if (queue.settings.name.includes('DispatchQueue-') && queue.redrive)
        queue.redrive = { ...queue.redrive, maxReceiveCount: 1 };
    }
    await settle(world);
    expect(world.report(node).outcome).toBe('released');
    expect(commandsFor(world, node)).toBe(1);
  });

  it('is not taken from a command that still runs', async () => {
    const world = await startSimulation();
    lose(world, 'aws.ssm');
    const node = await launch(world, { agentAfterMs: 0, pendingMs: 0 });
    await pass(world, 1 * minute);
    for (const { invocations } of world.services.ssm.commands()) {
      for (const invocation of invocations) Object.assign(invocation, { status: 'InProgress' });
    }
    await pass(world, 10 * minute);
    expect(done(world, 'ListCommandInvocations')).toBeGreaterThan(1);
    expect(done(world, 'SendTaskSuccess') + done(world, 'SendTaskFailure')).toBe(0);
    expect(taintsOf(world, node)).toHaveLength(1);
  });
});

describe('an instance that goes away without an event', () => {
  it('is found by reconcile, and the launch is discarded: nothing failed', async () => {
    const world = await startSimulation();
    const node = await launch(world, { agentAfterMs: undefined });
    await pass(world, minute);
    lose(world, 'aws.ec2');
    world.services.ec2.terminate(node.instanceId);
    await pass(world, 4 * minute);
    expect(timeline(world, node)).toEqual(['Node Admitted', 'Launch Discarded']);
    expect(world.report(node).outcome).toBe('instance-gone');
    expect(world.services.states.running).toBe(0);
  });

  it('is left to the event if that arrives, and ends once', async () => {
    const world = await startSimulation();
    const node = await launch(world, { agentAfterMs: undefined });
    await pass(world, 2 * minute - 2_000);
    world.services.ec2.terminate(node.instanceId);
    await pass(world, 10 * minute);
    expect(timeline(world, node)).toEqual(['Node Admitted', 'Launch Discarded']);
  });
});

describe('a node whose execution was aborted', () => {
  it('gets its end, and its Node the mark', async () => {
    const world = await startSimulation();
    const node = await launch(world);
    await pass(world, 20_000);
    for (const execution of world.services.states.executions()) execution.stop('Operator', 'by hand');
    await pass(world, 50 * minute);

    expect(world.report(node).outcome).toBe('deadline-passed');
    expect(taintsOf(world, node)).toContain('airlock.dev/quarantined');
    expect(timeline(world, node).filter((type) => type === 'Node Quarantined')).toHaveLength(1);
    expect(world.services.states.executions().map(({ name }) => name.split('-').slice(3, -1).join('-'))).toEqual([
      'install-1',
      'end-1',
    ]);
  });
});

describe('a node whose release could not be recorded', () => {
  it('is closed again in the end, and counts for the breaker of what it requested', async () => {
    const world = await startSimulation();
    const keyOf = ({ service, operation, input }: { service: string; operation: string; input: unknown }) =>
      service === 'dynamodb' && operation === 'UpdateItem'
        ? String((input as { Key?: { instanceId?: { S?: string } } }).Key?.instanceId?.S)
        : undefined;
    let broken = true;
    world.cloud.faults = {
      beforeCall: (call) =>
        broken && keyOf(call) !== undefined && JSON.stringify(call.input).includes(':receipt')
          ? new AwsError('ProvisionedThroughputExceededException', 'planted', 400)
          : undefined,
    };
    const node = await launch(world);
    await pass(world, 15 * minute);
    expect(world.services.states.executions().map(({ status }) => status)).toEqual(['FAILED']);
    broken = false;
    await pass(world, 35 * minute);

    expect(world.report(node).outcome).toBe('deadline-passed');
    expect(taintsOf(world, node)).toContain('airlock.dev/bootstrap');
    expect(timeline(world, node).filter((type) => type === 'Node Quarantined')).toHaveLength(1);
    const breakers = world.cloud.journal
      .flatMap((call) => keyOf(call) ?? [])
      .filter((key) => key.startsWith('breaker '));
    expect([...new Set(breakers)]).toEqual([expect.stringMatching(/^breaker demo \S+ gvisor@[0-9.]+$/)]);
  });
});

describe('a reconcile run beside the events', () => {
  it('changes nothing: one execution, one command, one end', async () => {
    const world = await startSimulation();
    const nodes = await Promise.all(Array.from({ length: 3 }, () => launch(world, { agentAfterMs: 300_000 })));
    await settle(world);
    await pass(world, 30 * minute);
    expect(world.services.states.executions()).toHaveLength(3);
    for (const node of nodes) {
      expect(timeline(world, node)).toEqual(releasedTimeline);
      expect(commandsFor(world, node)).toBe(1);
    }
  });
});

describe('a node behind its gate whose event did not arrive in time', () => {
  it('is found in the cluster once reconcile is back, and has its full time from then on', async () => {
    const world = await startSimulation();
    lose(world, 'aws.ec2');
    withoutReconcile(world);
    const node = await launch(world);
    await pass(world, 60 * minute);
    for (const schedule of world.services.scheduler.schedules) schedule.enabled = true;
    await settle(world);
    expect(world.report(node).outcome).toBe('released');
    expect(taintsOf(world, node)).toEqual([]);
  });
});

describe('a node with another version than the configured one', () => {
  it('is reported as outdated once, and not changed', async () => {
    const world = await startSimulation();
    const node = await launch(world);
    await settle(world);
    const reconcile = functionName(world, 'Reconcile');
    const { environment } = world.cloud.lambda.function(reconcile).settings;
    const admissible = JSON.parse(environment['ADMISSIBLE'] ?? '');
    const { all } = admissible.versions.gvisor;
    admissible.versions.gvisor = { default: '20261101.0', all: [...all, '20261101.0'] };
    world.cloud.lambda.update(reconcile, { environment: { ...environment, ADMISSIBLE: JSON.stringify(admissible) } });
    await pass(world, 10 * minute);

    expect(timeline(world, node)).toEqual([...releasedTimeline, 'Node Outdated']);
    const told = world.timelineOf(node).at(-1)?.detail;
    expect(told).toMatchObject({ version: '20260928.0', configured: '20261101.0' });
    expect(world.services.states.executions()).toHaveLength(1);
    expect(commandsFor(world, node)).toBe(1);
  });
});

describe('a launch whose message is a dead letter', () => {
  it('is released without it, and redriving the message changes nothing', async () => {
    const world = await startSimulation([], undefined, await withOperator());
    const admit = functionName(world, 'Admission');
    let broken = true;
    world.cloud.faults = {
      beforeCall: ({ operation, principal }) => {
        const ofAdmission = principal.kind === 'role' && principal.sessionName === admit;
        return broken && ofAdmission && operation === 'DescribeInstances' ? 'crash' : undefined;
      },
    };
    const node = await launch(world);
    await settle(world);
    expect(world.report(node).outcome).toBe('released');
    // Thirty receipts, three minutes apart.
    await pass(world, 100 * minute);
    const queues = world.services.sqs.all();
    const dead = queues.find(({ settings }) => settings.name.includes('AdmissionQueueDeadLetters'));
    const work = queues.find(({ settings }) => settings.name.includes('AdmissionQueue-'));
    expect(dead?.visible).toBe(1);

    broken = false;
    const served = await serve(world.cloud);
    onTestFinished(() => served.close());
    const operator = world.cloud.iam.principalOf(served.credentials.accessKeyId);
    if (operator === undefined) throw new Error('there is no operator');
    await world.cloud.aws.call(operator, 'sqs', 'StartMessageMoveTask', {
      SourceArn: dead?.settings.arn,
      DestinationArn: work?.settings.arn,
    });
    await pass(world, 10 * minute);
    expect(dead?.visible).toBe(0);
    expect(work?.visible).toBe(0);
    expect(timeline(world, node)).toEqual([...releasedTimeline, 'Launch Ignored']);
    expect(world.services.states.executions()).toHaveLength(1);
  });
});

describe('a fleet of 10,000 instances', () => {
  it('is read within the limits of EC2 and the ledger: ten pages, a hundred reads, and nothing is throttled', async () => {
    const world = await startSimulation();
    const { ec2 } = world.services;
    lose(world, 'aws.ec2');
    withoutReconcile(world);
    const tags = { 'airlock:runtime': 'gvisor', 'eks:cluster-name': 'demo', 'karpenter.sh/nodepool': 'large' };
    for (let count = 0; count < 10_000; count++) ec2.launch({ tags, pendingMs: 0 });
    // Their deadline is past, and no cluster shows them behind a gate, so reconcile only reads.
    await pass(world, 30 * minute);
    const before = world.cloud.journal.length;
    for (const schedule of world.services.scheduler.schedules) schedule.enabled = true;
    await pass(world, 2 * minute);

    const calls = world.cloud.journal.slice(before);
    const times = (wanted: string) => calls.filter(({ operation }) => operation === wanted).length;
    expect(times('DescribeInstances')).toBe(10);
    expect(times('BatchGetItem')).toBe(100);
    expect(times('StartExecution')).toBe(0);
    expect(calls.filter(({ error }) => error !== undefined)).toEqual([]);
  });
});
