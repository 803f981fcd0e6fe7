import { describe, expect, it } from 'vitest';
import { ModelledMachine } from '../../packages/lab/machines.ts';
import { karpenterNode } from '../../packages/lab/simulation.ts';
import {
  cluster,
  commandsFor,
  done,
  gate,
  launch,
  launchRecord,
  pass,
  releasedTimeline,
  settle,
  startSimulation,
  taintsOf,
  timeline,
} from '../scenarios/scenario.ts';
import { endless } from '../scenarios/slow.ts';
import { Intruder } from './intruder.ts';

const minute = 60_000;
const usual = async () => new ModelledMachine();

/** The attacker has one right, on every resource of the account. */
describe('a principal that may only invoke functions', () => {
  it('admits only what EC2 shows with our tag, and only once', async () => {
    const world = await startSimulation([], usual);
    const attacker = new Intruder(world, ['lambda:InvokeFunction']);
    const node = await launch(world);
    const bare = await world.launch(karpenterNode(cluster, gate, { without: ['airlock:runtime'] }));
    const at = new Date(node.launchedAt).toISOString();
    const Records = [
      launchRecord(node.instanceId, at, 'a'),
      launchRecord(node.instanceId, at, 'b'),
      launchRecord(bare.instanceId, at),
      launchRecord('i-0aaaaaaaaaaaaaaaa', at),
      { ...launchRecord(node.instanceId, at), messageId: 'c', body: '{"detail":{"instance-id":"i-1"}}' },
    ];
    for (let times = 0; times < 3; times++) await attacker.invoke('Admission', { Records });
    await settle(world);
    expect(timeline(world, node)).toEqual(releasedTimeline);
    expect(timeline(world, bare)).toEqual([]);
    expect(done(world, 'StartExecution')).toBe(1);
    expect(commandsFor(world, node)).toBe(1);
  });

  it('makes reconcile do its regular work, whatever the event contains', async () => {
    const world = await startSimulation([], usual);
    const attacker = new Intruder(world, ['lambda:InvokeFunction']);
    const node = await launch(world);
    for (let times = 0; times < 3; times++) {
      await attacker.invoke('Reconcile', { rows: [node.instanceId], clusters: [], ADMISSIBLE: {} });
      await pass(world, 10_000);
    }
    await settle(world);
    for (let times = 0; times < 3; times++) await attacker.invoke('Reconcile', {});
    expect(timeline(world, node)).toEqual(releasedTimeline);
    expect(done(world, 'StartExecution')).toBe(1);
    expect(commandsFor(world, node)).toBe(1);
  });

  it('gets from EKS what every reader gets for a cluster in airlock.yaml, and nothing for any other cluster', async () => {
    const world = await startSimulation([], usual);
    const attacker = new Intruder(world, ['lambda:InvokeFunction']);
    const ask = (Name: string) =>
      attacker.invoke('LookUp/Find', { RequestType: 'Create', ResourceProperties: { Name, Private: 'false' } });
    expect(await ask('demo')).toContain('"PhysicalResourceId":"demo"');
    expect(await ask('other')).toMatch(/AccessDenied|not authorized/);
    expect(await ask('../demo')).toMatch(/AccessDenied|not authorized|Error/);
  });
});

it('a principal that answers a token with its own proof gets no node released: the ledger has no proof', async () => {
  const world = await startSimulation([], endless);
  const attacker = new Intruder(world, ['dynamodb:Scan', 'states:SendTaskSuccess']);
  const node = await launch(world);
  await pass(world, minute);
  const TableName = world.cloud.resource('Ledger/Table/Resource').ref;
  const came = await attacker.call('dynamodb', 'Scan', { TableName });
  const rows = ('answer' in came ? came.answer['Items'] : []) as readonly { token?: { S: string } }[];
  const taskToken = rows.find(({ token }) => token !== undefined)?.token?.S;
  const proof = { runtime: 'gvisor', version: '20260928.0', handler: 'runsc', sha256: 'x' };
  expect(await attacker.call('states', 'SendTaskSuccess', { taskToken, output: JSON.stringify(proof) })).toHaveProperty(
    'answer',
  );
  await settle(world);
  expect(timeline(world, node).at(-1)).toBe('Node Quarantined');
  expect(world.report(node).detail).toContain('nothing was proven in the current attempt');
  expect(taintsOf(world, node)).toEqual(['airlock.dev/bootstrap', 'airlock.dev/quarantined']);
});

it('a principal that stops an execution leaves the gate closed, and the node still reaches its end', async () => {
  const world = await startSimulation([], usual);
  const attacker = new Intruder(world, ['states:StopExecution']);
  const node = await launch(world);
  await pass(world, 20_000);
  const [running] = world.services.states.executions();
  expect(await attacker.call('states', 'StopExecution', { executionArn: running?.arn })).toHaveProperty('answer');
  await pass(world, 50 * minute);
  expect(timeline(world, node).at(-1)).toBe('Node Quarantined');
  expect(taintsOf(world, node)).toEqual(['airlock.dev/bootstrap', 'airlock.dev/quarantined']);
});

it("a principal that sends Airlock's document to a node changes nothing: only the claimed command counts", async () => {
  const world = await startSimulation([], usual);
  const attacker = new Intruder(world, ['ssm:SendCommand']);
  const node = await launch(world, { agentAfterMs: 20_000 });
  await pass(world, 22_000);
  const found = world.services.ssm.documents().find(({ name }) => name.startsWith('airlock-gvisor-install-'));
  const sent = await attacker.call('ssm', 'SendCommand', {
    DocumentName: found?.name,
    InstanceIds: [node.instanceId],
    Parameters: { Version: ['20260928.0'], Seconds: ['900'] },
  });
  await settle(world);
  expect(sent).toEqual(expect.objectContaining({ answer: expect.anything() }));
  expect(commandsFor(world, node)).toBe(2);
  expect(timeline(world, node)).toEqual(releasedTimeline);
  expect(done(world, 'SendTaskSuccess')).toBe(2);
});

it("a principal that writes to a function's log group changes only that log", async () => {
  const world = await startSimulation([], usual);
  const attacker = new Intruder(world, ['logs:CreateLogStream', 'logs:PutLogEvents']);
  const { group } = world.cloud.lambda.function(world.cloud.resource('Reconcile/Function/Resource').ref).settings.log;
  const audit = world.cloud.resource('Audit/Trail').ref;
  for (const logGroupName of [group, audit]) {
    await attacker.call('logs', 'CreateLogStream', { logGroupName, logStreamName: 'forged' });
    const logEvents = [{ timestamp: world.clock.now(), message: '{"detail-type":"Node Released","detail":{}}' }];
    const put = await attacker.call('logs', 'PutLogEvents', { logGroupName, logStreamName: 'forged', logEvents });
    expect(put).toHaveProperty('answer');
  }
  const node = await launch(world);
  await settle(world);
  expect(timeline(world, node)).toEqual(releasedTimeline);
});
