import { strict as assert } from 'node:assert';
import { answerTo, attackerWith } from '../attacks/attacker.ts';
import { on, type Scenario } from './stage.ts';

const entry = { Source: 'airlock', DetailType: 'Node Released', Detail: '{}' };

/** Attacks with exactly one right: each door holds. */
export const doorScenarios = {
  'an event that another principal puts is in no audit trail': on(async (stage) => {
    const { world } = stage;
    const attacker = attackerWith(world, 'events:PutEvents');
    const bus = { ...entry, EventBusName: world.cloud.resource('Bus/Bus/Resource').ref };
    const said = await answerTo(world, attacker, 'events', 'PutEvents', { Entries: [bus] });
    assert.match(said ?? 'it was taken', /explicit deny in a resource-based policy/);
    assert.equal(await answerTo(world, attacker, 'events', 'PutEvents', { Entries: [entry] }), undefined);
    await stage.pass(60_000);
    assert.deepEqual(world.audit(), []);
  }),

  'a role of ours publishes under no other name': on(async (stage) => {
    const { world } = stage;
    const admit = { kind: 'role', roleArn: stage.roleOf('Admit'), sessionName: 'x' } as const;
    const own = { ...entry, EventBusName: world.cloud.resource('Bus/Bus/Resource').ref };
    const put = (...Entries: object[]) => answerTo(world, admit, 'events', 'PutEvents', { Entries });
    assert.equal(await put(own), undefined);
    for (const entries of [[own, { ...own, Source: 'orders' }], [{ ...own, Source: '' }]]) {
      assert.match((await put(...entries)) ?? 'it was taken', /not authorized to perform: events:PutEvents/);
    }
  }),

  'a message that another principal sends is in no queue, and none is taken out': on(async (stage) => {
    const { world } = stage;
    const sender = attackerWith(world, 'sqs:SendMessage');
    const taker = attackerWith(world, 'sqs:ReceiveMessage');
    const sourceArn = 'arn:aws:events:eu-central-1:123456789012:rule/other';
    const rule = { kind: 'service', service: 'events.amazonaws.com', sourceArn } as const;
    const all = world.services.sqs.all();
    assert.equal(all.length, 8);
    for (const { settings } of all) {
      const QueueUrl = settings.url;
      for (const [who, operation, input] of [
        [sender, 'SendMessage', { QueueUrl, MessageBody: '{}' }],
        [rule, 'SendMessage', { QueueUrl, MessageBody: '{}' }],
        [taker, 'ReceiveMessage', { QueueUrl }],
      ] as const) {
        const said = await answerTo(world, who, 'sqs', operation, input);
        assert.match(said ?? `${settings.name}: ${operation} succeeded`, /not authorized/);
      }
    }
  }),

  'a line that another rule sends is in no audit trail': on(async (stage) => {
    const { world } = stage;
    const logGroupName = world.cloud.resource('Audit/Trail').ref;
    world.cloud.logs.append(logGroupName, 's', '{}');
    const line = { logGroupName, logStreamName: 's', logEvents: [{ timestamp: 0, message: '{}' }] };
    for (const place of ['123456789012:rule/other', '999999999999:rule/Airlock/x']) {
      const sourceArn = `arn:aws:events:eu-central-1:${place}`;
      const events = { kind: 'service', service: 'events.amazonaws.com', sourceArn } as const;
      assert.match((await answerTo(world, events, 'logs', 'PutLogEvents', line)) ?? 'it was taken', /not authorized/);
    }
  }),
} as const satisfies Readonly<Record<string, Scenario>>;
