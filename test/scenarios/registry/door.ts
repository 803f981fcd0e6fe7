import { strict as assert } from 'node:assert';
import { answerTo, attackerWith } from '../../attacks/attacker.ts';
import { on, type ScenarioRun } from './scenario.ts';

const entry = { Source: 'airlock', DetailType: 'Node Released', Detail: '{}' };

/** Attacks with exactly one right: each door holds. */
export const doorScenarios = {
  'an event that another principal puts is in no audit trail': on(async (scenario) => {
    const { world } = scenario;
    const attacker = attackerWith(world, 'events:PutEvents');
    const bus = { ...entry, EventBusName: world.cloud.resource('Bus/Bus/Resource').ref };
    const said = await answerTo(world, attacker, 'events', 'PutEvents', { Entries: [bus] });
    assert.match(said ?? 'it was taken', /explicit deny in a resource-based policy/);
    assert.equal(await answerTo(world, attacker, 'events', 'PutEvents', { Entries: [entry] }), undefined);
    await scenario.pass(60_000);
    assert.deepEqual(world.audit(), []);
  }),

  'a role of ours publishes under no other name': on(async (scenario) => {
    const { world } = scenario;
    const admit = { kind: 'role', roleArn: scenario.roleOf('Admission'), sessionName: 'x' } as const;
    const own = { ...entry, EventBusName: world.cloud.resource('Bus/Bus/Resource').ref };
    const put = (...Entries: object[]) => answerTo(world, admit, 'events', 'PutEvents', { Entries });
    assert.equal(await put(own), undefined);
    for (const entries of [[own, { ...own, Source: 'orders' }], [{ ...own, Source: '' }]]) {
      assert.match((await put(...entries)) ?? 'it was taken', /not authorized to perform: events:PutEvents/);
    }
  }),

  'a message that another principal sends is in no queue, and none is taken out': on(async (scenario) => {
    const { world } = scenario;
    const sender = attackerWith(world, 'sqs:SendMessage');
    const taker = attackerWith(world, 'sqs:ReceiveMessage');
    const sourceArn = 'arn:aws:events:eu-central-1:123456789012:rule/other';
    const rule = { kind: 'service', service: 'events.amazonaws.com', sourceArn } as const;
    const all = world.services.sqs.all();
    assert.equal(all.length, 10);
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

  'a queue of ours is the dead letters of no other queue': on(async ({ world }) => {
    const attacker = attackerWith(world, 'sqs:CreateQueue');
    const all = world.services.sqs.all();
    for (const { settings } of all) {
      const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: settings.arn, maxReceiveCount: 1 });
      const own = { QueueName: 'own', Attributes: { RedrivePolicy } };
      const said = await answerTo(world, attacker, 'sqs', 'CreateQueue', own);
      assert.match(said ?? `${settings.name} takes the dead letters of a stranger`, /does not allow redrive from/);
    }
  }),

  'a role that was taken over writes its own attributes alone': on(async (scenario) => {
    const { world } = scenario;
    const TableName = world.cloud.resource('Ledger/Table/Resource').ref;
    const run = { instanceId: { S: 'i-0aaaaaaaaaaaaaaaa' }, launchedAt: { S: '2026-11-21T09:00:00.000Z' } };
    const breaker = { instanceId: { S: 'breaker demo sandboxed gvisor@1' }, launchedAt: { S: 'breaker' } };
    const stranger = { ...run, instanceId: { S: 'mi-0aaaaaaaaaaaaaaaa' } };
    // For each role its own attribute, if it has one that no other kind of record has.
    const own = {
      'Admission/Role': ['admittedAt', undefined],
      'Dispatch/Role': ['token', 'probe'],
      'Results/Role': ['provenToken', undefined],
      'Cancellation/Role': ['cancelledAt', undefined],
      'Remediation/Role': ['disposition', 'failed'],
      'Terminations/Role': ['receipt', 'probe'],
      'Reconcile/Role': ['endExecution', undefined],
      'Workflow/StateMachine/Role': ['failure', 'passed'],
    } as const;
    for (const [path, [ofRun, ofBreaker]] of Object.entries(own)) {
      const roleArn = String(world.cloud.resource(`${path}/Resource`).attributes['Arn']);
      const set = async (Key: object, attribute: string | undefined, denied: boolean) => {
        if (attribute === undefined) return;
        const said = await answerTo(world, { kind: 'role', roleArn, sessionName: 'x' }, 'dynamodb', 'UpdateItem', {
          TableName,
          Key,
          UpdateExpression: 'SET #a = :v',
          ExpressionAttributeNames: { '#a': attribute },
          ExpressionAttributeValues: { ':v': { S: 'x' } },
        });
        assert.equal(/not authorized/.test(said ?? ''), denied, `${path} writes ${attribute}: ${said}`);
      };
      await set(run, ofRun, false);
      await set(breaker, ofBreaker, false);
      for (const Key of [breaker, stranger]) await set(Key, ofRun, true);
      for (const Key of [run, stranger]) await set(Key, ofBreaker, true);
      for (const Key of [run, breaker]) await set(Key, 'unheardOf', true);
    }
  }),

  'a name that is guessed takes no execution from a node': on(async (scenario) => {
    const { world } = scenario;
    const attacker = attackerWith(world, 'states:StartExecution');
    const node = await scenario.launch();
    const stateMachineArn = world.cloud.resource('Workflow/StateMachine/Resource').ref;
    const base = `${node.instanceId}-${Math.floor(node.launchedAt / 1_000)}-install-1`;
    for (const name of [base, `${base}-`, `${base}-0000000000000000`])
      await answerTo(world, attacker, 'states', 'StartExecution', { stateMachineArn, name, input: '{}' });
    await scenario.settle();
    assert.equal(scenario.outcome(node), 'released');
  }),

  'a row that another principal writes stays as it is': on(async ({ world }) => {
    const TableName = world.cloud.resource('Ledger/Table/Resource').ref;
    const Key = { instanceId: { S: 'i-0aaaaaaaaaaaaaaaa' }, launchedAt: { S: '2026-11-21T09:00:00.000Z' } };
    for (const [operation, input] of [
      ['UpdateItem', { TableName, Key, UpdateExpression: 'REMOVE outcome' }],
      ['PutItem', { TableName, Item: Key }],
      ['DeleteItem', { TableName, Key }],
      ['BatchWriteItem', { RequestItems: { [TableName]: [{ PutRequest: { Item: Key } }] } }],
    ] as const) {
      const attacker = attackerWith(world, `dynamodb:${operation}`);
      const said = await answerTo(world, attacker, 'dynamodb', operation, input);
      assert.match(said ?? `${operation} succeeded`, /explicit deny in a resource-based policy/);
    }
  }),

  'a message for a cluster that no run sent has nothing done': on(async (scenario) => {
    const { world, clock } = scenario;
    const node = await scenario.launch({ agentAfterMs: undefined });
    await scenario.pass(60_000);
    const key = { instanceId: node.instanceId, launchedAt: new Date(node.launchedAt).toISOString() };
    const body = JSON.stringify({ action: 'quarantine', key, nonce: 'guessed', token: 'its own token' });
    const record = { messageId: 'm', receiptHandle: 'r', body, attributes: {}, messageAttributes: {} };
    let answer: string | undefined;
    const name = scenario.functionName('Cluster-demo/Cluster');
    void world.cloud.lambda
      .invoke(name, JSON.stringify({ Records: [record] }), 'RequestResponse')
      .then(({ payload }) => {
        answer = payload;
      });
    await clock.run(() => answer !== undefined);
    assert.equal(answer, '{"batchItemFailures":[]}');
    assert.deepEqual(
      world.cloud.journal.filter(({ operation }) => /^SendTask(Success|Failure)$/.test(operation)),
      [],
      'a token that no state gave was answered',
    );
  }),

  'a line that another rule sends is in no audit trail': on(async (scenario) => {
    const { world } = scenario;
    const logGroupName = world.cloud.resource('Audit/Trail').ref;
    world.cloud.logs.append(logGroupName, 's', '{}');
    const line = { logGroupName, logStreamName: 's', logEvents: [{ timestamp: 0, message: '{}' }] };
    for (const place of ['123456789012:rule/other', '999999999999:rule/Airlock/x']) {
      const sourceArn = `arn:aws:events:eu-central-1:${place}`;
      const events = { kind: 'service', service: 'events.amazonaws.com', sourceArn } as const;
      assert.match((await answerTo(world, events, 'logs', 'PutLogEvents', line)) ?? 'it was taken', /not authorized/);
    }
  }),
} as const satisfies Readonly<Record<string, ScenarioRun>>;
