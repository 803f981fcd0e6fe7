import { describe, expect, it } from 'vitest';
import { functionName, launch, pass, settle, startSimulation, timeline } from '../scenarios/scenario.ts';
import { answerTo, attackerWith } from './attacker.ts';

const entry = {
  Source: 'airlock',
  DetailType: 'Node Released',
  Detail: JSON.stringify({ instanceId: 'i-0123456789abcdef0', outcome: 'released' }),
};

/** An attacker may only put events, on any bus. The audit trail is what an operator reads. */
describe('events:PutEvents', () => {
  it("is denied on Airlock's bus by the bus itself", async () => {
    const world = await startSimulation();
    const attacker = attackerWith(world, 'events:PutEvents');
    const { ref, attributes } = world.cloud.resource('Bus/Bus/Resource');
    for (const EventBusName of [ref, attributes['Arn']]) {
      expect(await answerTo(world, attacker, 'events', 'PutEvents', { Entries: [{ ...entry, EventBusName }] })).toMatch(
        /AccessDeniedException: .*events:PutEvents .*with an explicit deny in a resource-based policy/,
      );
    }
    expect(world.audit()).toEqual([]);
  });

  it("on the default bus, with Airlock's source, adds nothing to the audit trail", async () => {
    const world = await startSimulation();
    const attacker = attackerWith(world, 'events:PutEvents');
    expect(await answerTo(world, attacker, 'events', 'PutEvents', { Entries: [entry] })).toBeUndefined();
    await pass(world, 60_000);
    expect(world.audit()).toEqual([]);
  });

  it('is denied to a service that calls for itself, and to a role that Airlock did not give the right', async () => {
    const world = await startSimulation();
    const Entries = [{ ...entry, EventBusName: world.cloud.resource('Bus/Bus/Resource').ref }];
    const service = { kind: 'service', service: 'events.amazonaws.com', sourceArn: 'arn:aws:events:::rule/x' } as const;
    expect(await answerTo(world, service, 'events', 'PutEvents', { Entries })).toContain('explicit deny');
    const { roleArn } = world.cloud.lambda.function(functionName(world, 'Cluster')).settings;
    const cluster = { kind: 'role', roleArn, sessionName: 'x' } as const;
    expect(await answerTo(world, cluster, 'events', 'PutEvents', { Entries })).toContain('explicit deny');
  });

  it("is allowed to Airlock's roles only for their own source, in every entry of a call", async () => {
    const world = await startSimulation();
    const { roleArn } = world.cloud.lambda.function(functionName(world, 'Admission')).settings;
    const admit = { kind: 'role', roleArn, sessionName: 'x' } as const;
    const own = { ...entry, EventBusName: world.cloud.resource('Bus/Bus/Resource').ref };
    const put = (...Entries: object[]) => answerTo(world, admit, 'events', 'PutEvents', { Entries });
    expect(await put(own, own)).toBeUndefined();
    expect(await put(own, { ...own, Source: 'orders' })).toContain('AccessDenied');
    expect(await put({ ...own, Source: '' })).toContain('AccessDenied');
    expect(await put(entry)).toContain('AccessDenied');
  });
});

describe('the audit trail', () => {
  it('accepts lines only from the rule of the bus', async () => {
    const world = await startSimulation();
    const logGroupName = world.cloud.resource('Audit/Trail').ref;
    const line = { logGroupName, logStreamName: 's', logEvents: [{ timestamp: 0, message: '{}' }] };
    const events = (sourceArn: string) => ({ kind: 'service', service: 'events.amazonaws.com', sourceArn }) as const;
    const rule = String(world.cloud.resource('Audit/Events/Resource').attributes['Arn']);
    world.cloud.logs.append(logGroupName, 's', '{}');
    expect(await answerTo(world, events(rule), 'logs', 'PutLogEvents', line)).toBeUndefined();
    for (const other of [rule.replace('/Airlock/', '/'), rule.replace('123456789012', '999999999999'), '']) {
      expect(await answerTo(world, events(other), 'logs', 'PutLogEvents', line)).toContain('AccessDenied');
    }
    const other = { kind: 'service', service: 'route53.amazonaws.com', sourceArn: rule } as const;
    expect(await answerTo(world, other, 'logs', 'PutLogEvents', line)).toContain('AccessDenied');
  });

  it('holds what Airlock publishes about a node', async () => {
    const world = await startSimulation();
    const node = await launch(world);
    await settle(world);
    expect(timeline(world, node)).toEqual([
      'Node Admitted',
      'Command Sent',
      'Node Proven',
      'Proof Pod Ran',
      'Node Released',
    ]);
  });
});
