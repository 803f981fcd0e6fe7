import { describe, expect, it } from 'vitest';
import { terminationEvent } from '../../domain/events.ts';
import { ModelledMachine } from '../../packages/lab/machines.ts';
import type { LaunchedNode, Simulation } from '../../packages/lab/simulation.ts';
import {
  commandsFor,
  done,
  functionName,
  launch,
  pass,
  settle,
  startSimulation,
  taintsOf,
  timeline,
  withPools,
} from '../scenarios/scenario.ts';
import { endless } from '../scenarios/slow.ts';
import { Intruder, records } from './intruder.ts';

/**
 * A launch one minute after it began, with its installation running unless another machine is given, and an attacker
 * with one right.
 */
async function underWay(rights: readonly string[], change: Parameters<typeof launch>[1] = {}, machine = endless) {
  const world = await startSimulation([], machine);
  const node = await launch(world, change);
  await pass(world, 60_000);
  return { world, node, attacker: new Intruder(world, rights), key: keyOf(node) };
}

const usual = async () => new ModelledMachine();

function keyOf({ instanceId, launchedAt }: LaunchedNode) {
  return { instanceId, launchedAt: new Date(launchedAt).toISOString() };
}

/** The nonce that the node's run drew, which its messages carry. */
async function nonceOf(world: Simulation, node: LaunchedNode): Promise<string> {
  const rows = await world.services.dynamoDb.items(world.cloud.resource('Ledger/Table/Resource').ref);
  return rows.find(({ instanceId }) => instanceId?.S === node.instanceId)?.['nonce']?.S ?? '';
}

function logOf(world: Simulation, construct: string): string {
  return world.cloud.lambda.function(functionName(world, construct)).settings.log.group;
}

/** The error and cause of the execution with this name. */
function failureOf(world: Simulation, name: string): string {
  const execution = world.services.states.executions().find((one) => one.name === name);
  return `${execution?.status} ${execution?.error}: ${execution?.cause}`;
}

const untold = 'NotAdmitted: No launch in the ledger names this execution. Nothing was done, and no node was touched.';

describe('an attacker who may only start executions', () => {
  it('touches no node through its input: each execution fails and reports why', async () => {
    const { world, node, attacker, key } = await underWay(['states:StartExecution'], { joinAfterMs: undefined }, usual);
    const node0 = {
      ...key,
      cluster: 'demo',
      pool: 'sandboxed',
      nodeName: node.nodeName,
      deadline: '2026-11-21T09:20:00Z',
    };
    const failure = { outcome: 'proof-failed', detail: 'forged' };
    const inputs = {
      'a-whole-node': { launch: { ...node0, providerId: 'aws:///a/b' }, request: { runtime: 'kata', version: '1' } },
      'a-refusal': { launch: node0, refused: failure },
      'the-key-of-a-launch': key,
      'a-key-and-a-refusal': { ...key, refused: failure, row: {} },
      'a-launch-that-is-none': { ...key, instanceId: 'i-0aaaaaaaaaaaaaaaa' },
      'a-breaker': { instanceId: 'breaker demo sandboxed gvisor@20260928.0', launchedAt: 'breaker' },
      'no-text': { instanceId: { S: 'x' }, launchedAt: 7 },
      nothing: {},
      [`${key.instanceId}-${Math.floor(node.launchedAt / 1_000)}-end-1`]: key,
    };
    const calls = () => done(world, 'SendCommand') + done(world, 'TerminateInstances') + done(world, 'CancelCommand');
    const before = calls();
    for (const [name, input] of Object.entries(inputs))
      expect(await attacker.start(name, input)).toHaveProperty('answer');
    await pass(world, 60_000);

    for (const name of Object.keys(inputs)) expect(failureOf(world, name), name).toBe(`FAILED ${untold}`);
    expect(calls()).toBe(before);
    expect(timeline(world, node)).toEqual(['Node Admitted', 'Command Sent', 'Node Proven']);
  });
});

describe('a principal that starts executions under names that launches could get', () => {
  it('takes none of them: the name is drawn at admission, and the node is released', async () => {
    const world = await startSimulation([], usual);
    const attacker = new Intruder(world, ['states:StartExecution']);
    const node = await launch(world);
    const base = `${node.instanceId}-${Math.floor(node.launchedAt / 1_000)}`;
    for (const purpose of ['install-1', 'end-1', 'retry-1', 'reverify-1'])
      for (const drawn of ['', '-', '-0000000000000000'])
        await attacker.start(`${base}-${purpose}${drawn}`, keyOf(node));
    await settle(world);
    expect(world.report(node).outcome).toBe('released');
    const own = world.services.states.executions().filter(({ status }) => status === 'SUCCEEDED');
    expect(own.map(({ name }) => name)).toEqual([expect.stringMatching(`^${base}-install-1-[0-9a-f]{16}$`)]);
  });
});

describe('an attacker who may only invoke functions', () => {
  it('cannot get a node released before it is proven, or quarantined before it fails', async () => {
    const { world, node, attacker, key } = await underWay(['lambda:InvokeFunction']);
    const cluster = 'Cluster-demo/Cluster';
    const whole = {
      launch: { ...key, cluster: 'demo' },
      installation: { runtime: 'gvisor' },
      failure: {},
      token: 'own',
    };
    const nothing = '{"batchItemFailures":[]}';
    const other = { ...key, instanceId: 'i-0aaaaaaaaaaaaaaaa' };
    // The attacker also has the run's nonce, as any reader of the ledger does.
    const nonces = ['guessed', await nonceOf(world, node)];
    for (const nonce of nonces) {
      const messages = ['close', 'release', 'quarantine'].flatMap((action) => [
        { action, key, nonce, ...whole },
        { action, key: other, nonce, ...whole },
      ]);
      expect(await attacker.invoke(cluster, records(...messages, { action: 'release' }, {}))).toBe(nothing);
    }
    for (const action of ['close', 'release', 'quarantine'])
      expect(await attacker.invoke(cluster, { action, key, ...whole })).toMatch(
        /^Error: the call is not valid at action/,
      );
    expect(taintsOf(world, node)).toEqual(['airlock.dev/bootstrap']);
    expect(timeline(world, node)).toEqual(['Node Admitted', 'Command Sent']);
    const refused = world.cloud.logs.events(logOf(world, cluster)).map(({ message }) => message);
    for (const words of ['nothing was proven in the current attempt', 'the run has not failed', 'no earlier launch'])
      expect(refused.join()).toContain(words);
  });

  it('cannot cancel a command, count a failure, terminate an instance or put one into service', async () => {
    const { world, node, attacker, key } = await underWay(['lambda:InvokeFunction']);
    expect(await attacker.invoke('Cancellation', { key, launch: key })).toBe(
      'Refused: the run has not failed, and its time is not up',
    );
    const replace = (action: string) =>
      attacker.invoke('Remediation', {
        action,
        key,
        failure: { outcome: 'proof-failed' },
        receipt: { gate: 'kept' },
      });
    expect(await replace('decide')).toBe('Refused: the run has not failed');
    expect(await replace('replace')).toBe('Refused: the disposition of the run is not replace');
    expect(await replace('keep')).toBe('Refused: the run has not ended');
    expect(done(world, 'CancelCommand')).toBe(0);
    expect(done(world, 'TerminateInstances')).toBe(0);
    expect(timeline(world, node)).toEqual(['Node Admitted', 'Command Sent']);
  });

  it("cannot end a node's launch with a termination that EC2 does not show", async () => {
    const { world, node, attacker } = await underWay(['lambda:InvokeFunction']);
    const at = new Date(world.clock.now()).toISOString();
    const forged = ['terminated', 'stopped'].map(
      (state) => JSON.parse(terminationEvent(node.instanceId, state, at)) as object,
    );
    const late = JSON.parse(terminationEvent(node.instanceId, 'terminated', '2026-11-01T00:00:00Z')) as object;
    const timeless = JSON.parse(terminationEvent(node.instanceId, 'terminated', 'tomorrow')) as object;
    const future = JSON.parse(terminationEvent(node.instanceId, 'terminated', '2099-01-01T00:00:00Z')) as object;
    expect(await attacker.invoke('Terminations', records(late, timeless, future))).toBe('{"batchItemFailures":[]}');
    await attacker.invoke('Terminations', records(...forged));
    await pass(world, 60_000);
    expect(timeline(world, node)).toEqual(['Node Admitted', 'Command Sent']);
    expect(done(world, 'CancelCommand')).toBe(0);
    expect(done(world, 'StopExecution')).toBe(0);
  });

  it("cannot take a node's command with a forged message", async () => {
    const { world, node, attacker, key } = await underWay(['lambda:InvokeFunction'], { agentAfterMs: 90_000 }, usual);
    const forged = { key, nonce: 'guessed', token: 'his own token', attempt: 99 };
    const old = { token: 'x', attempt: 99, launch: key, request: { runtime: 'kata', version: '1' } };
    await pass(world, 25_000);
    expect(await attacker.invoke('Dispatch', records(forged, old, { ...forged, nonce: undefined }))).toBe(
      '{"batchItemFailures":[]}',
    );
    await settle(world);
    expect(world.report(node).outcome).toBe('released');
    expect(commandsFor(world, node)).toBe(1);
  });

  it('answers nothing with a forged result: SSM is asked, and only what SSM does not know is deferred', async () => {
    const { world, node, attacker } = await underWay(['lambda:InvokeFunction']);
    const result = (commandId: string) => ({
      source: 'aws.ssm',
      'detail-type': 'EC2 Command Invocation Status-change Notification',
      detail: {
        'command-id': commandId,
        'document-name': 'airlock-gvisor-install',
        'instance-id': node.instanceId,
        status: 'Success',
      },
    });
    const running = world.services.ssm.commands()[0]?.id ?? '';
    await attacker.invoke('Results', records(result(running)));
    await attacker.invoke('Results', records(result('00000000-0000-4000-8000-000000000000'), result('none')));
    expect(done(world, 'SendTaskSuccess')).toBe(0);
    expect(done(world, 'SendTaskFailure')).toBe(0);
    expect(timeline(world, node)).toEqual(['Node Admitted', 'Command Sent']);
  });

  it('can repeat what the state machine did: a released node stays released, and a failed one ends once', async () => {
    const world = await startSimulation(
      [],
      async () => new ModelledMachine(['not-sandboxed']),
      withPools({ onFailure: 'replace' }),
    );
    const node = await launch(world);
    await settle(world);
    const attacker = new Intruder(world, ['lambda:InvokeFunction']);
    const ended = timeline(world, node);
    const key = keyOf(node);
    const nonce = await nonceOf(world, node);
    const again = ['release', 'quarantine'].map((action) => ({ action, key, nonce, token: 'own' }));
    expect(await attacker.invoke('Cluster-demo/Cluster', records(...again))).toBe('{"batchItemFailures":[]}');
    for (const action of ['decide', 'replace', 'keep'])
      expect(await attacker.invoke('Remediation', { action, key })).toMatch(/^Refused: |"replaced":/);
    expect(done(world, 'TerminateInstances')).toBe(1);
    expect(timeline(world, node)).toEqual(ended);
  });
});
