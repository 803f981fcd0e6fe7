import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { checkOf, denials, type Played } from '../../cli/pages/doors/checks.ts';
import { clusterDoors } from '../../cli/pages/doors/kubernetes.ts';
import { doorKinds, doorsPage, noDoors } from '../../cli/pages/doors/page.ts';
import { doorsOf, plainId, type Resources, rolesOf } from '../../cli/pages/doors/template.ts';
import { outsiders, rolesThatMay, verdictOf } from '../../cli/pages/doors/verdict.ts';
import { renderManifests } from '../../kubernetes/manifests.ts';
import { ModelledMachine } from '../../packages/lab/machines.ts';
import { Intruder } from '../attacks/intruder.ts';
import { launch, pass, startSimulation } from '../scenarios/scenario.ts';

const root = join(import.meta.dirname, '..', '..');
const { Resources: resources } = JSON.parse(
  readFileSync(join(inject('assembly'), 'Airlock.template.json'), 'utf8'),
) as {
  Resources: Resources;
};
const page = readFileSync(join(root, 'docs', 'understand', 'doors.md'), 'utf8');

const calls = doorKinds.flatMap(({ type, actions }) =>
  doorsOf(resources, type).flatMap((door) => actions.map((action) => ({ door, action }))),
);

function isThere({ file, title }: Played): boolean {
  const text = readFileSync(join(root, file), 'utf8');
  return [`'${title}'`, `"${title}"`, `\`${title}\``].some((quoted) => text.includes(quoted));
}

describe('docs/understand/doors.md', () => {
  it('has every resource of the stack, as a door or with the reason why it is not one', () => {
    const kinds = new Set(doorKinds.map(({ type }) => type));
    const left = Object.values(resources).filter(({ Type }) => !kinds.has(Type) && noDoors[Type] === undefined);
    expect(left.map(({ Type }) => Type)).toEqual([]);
    for (const { door } of calls) expect(page).toContain(`| \`${plainId(door.id)}\` |`);
    for (const { Type } of Object.values(resources).filter((one) => !kinds.has(one.Type)))
      expect(page).toContain(`| \`${Type}\` | ${noDoors[Type]} |`);
  });

  it('has a cell for each principal and each door, none empty, and none that relies on trust', () => {
    const rows = page.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('|---'));
    expect(rows.length).toBeGreaterThan(calls.length);
    for (const row of rows) {
      const cells = row.split(/(?<!\\)\|/).slice(1, -1);
      expect(
        cells.filter((cell) => cell.trim() === ''),
        row,
      ).toEqual([]);
    }
    expect(page).not.toMatch(/trust/i);
  });

  it('names an existing test for each call that reaches a door', () => {
    const played = [
      ...calls
        .filter(({ door, action }) => outsiders.some((who) => verdictOf(who, door, action) === 'reaches'))
        .flatMap(({ door, action }) => checkOf(plainId(door.id), action).played),
      ...Object.values(denials).flat(),
      ...clusterDoors.flatMap((door) => door.played),
    ];
    expect(played.length).toBeGreaterThan(40);
    expect(played.filter((one) => !isThere(one))).toEqual([]);
    for (const { door, action } of calls.filter(
      ({ door: one, action: by }) => verdictOf('principal', one, by) === 'denied',
    ))
      expect(denials[action], `${door.id} ${action}`).toBeDefined();
  });

  it('lets another account, or a service that acts for another resource, reach no door', () => {
    for (const { door, action } of calls)
      for (const who of ['account', 'service', 'node', 'pod'] as const)
        expect(verdictOf(who, door, action), `${door.id} ${action} ${who}`).not.toBe('reaches');
  });

  it('cannot be generated if it does not state the effect of a call to a function, or to a queue without a policy', () => {
    const withOne = (id: string, Type: string) => doorsPage({ Resources: { ...resources, [id]: { Type } } });
    expect(() => withOne('StrangeFunction12345678', 'AWS::Lambda::Function')).toThrow(
      /has no entry for lambda:InvokeFunction on StrangeFunction/,
    );
    expect(() => withOne('OpenQueue12345678', 'AWS::SQS::Queue')).toThrow(
      /has no entry for sqs:SendMessage on OpenQueue/,
    );
  });

  it('has each object that is applied to a cluster at one of its doors', () => {
    const manifests = renderManifests({ runtimes: ['gvisor', 'kata', 'sysbox'], gate: 'a.b/c', sandboxImages: [] }) as {
      kind: string;
      metadata: { name: string };
    }[];
    const named = manifests.map(({ kind, metadata: { name } }) => `${kind} ${name}`);
    const fits = (object: string, name: string) =>
      object.endsWith('*') ? name.startsWith(object.slice(0, -1)) : object === name;
    const objects = clusterDoors.flatMap((door) => door.objects);
    for (const name of named) expect(objects.filter((one) => fits(one, name)).length, name).toBe(1);
    for (const object of objects)
      expect(
        named.some((name) => fits(object, name)),
        object,
      ).toBe(true);
  });
});

describe('the local cloud decides as docs/understand/doors.md states', () => {
  it('for a principal that has one right', async () => {
    const world = await startSimulation([], async () => new ModelledMachine());
    const node = await launch(world);
    await pass(world, 10_000);
    const key = { instanceId: { S: 'i-0aaaaaaaaaaaaaaaa' }, launchedAt: { S: '2026-11-21T09:00:00.000Z' } };
    const inputs: Readonly<Record<string, (ref: string, arn: string) => object>> = {
      'sqs:SendMessage': (QueueUrl) => ({ QueueUrl, MessageBody: '{}' }),
      'sqs:ReceiveMessage': (QueueUrl) => ({ QueueUrl }),
      'lambda:InvokeFunction': (FunctionName) => ({ FunctionName, Payload: Buffer.from('{}') }),
      'states:StartExecution': (stateMachineArn) => ({ stateMachineArn, name: 'strange', input: '{}' }),
      'states:StopExecution': (arn) => ({ executionArn: `${arn.replace('stateMachine', 'execution')}:none` }),
      'states:SendTaskSuccess': () => ({ taskToken: 'none', output: '{}' }),
      'dynamodb:UpdateItem': (TableName) => ({ TableName, Key: key }),
      'dynamodb:PutItem': (TableName) => ({ TableName, Item: key }),
      'dynamodb:GetItem': (TableName) => ({ TableName, Key: key }),
      'events:PutEvents': (EventBusName) => ({
        Entries: [{ EventBusName, Source: 'airlock', DetailType: 'x', Detail: '{}' }],
      }),
      'ssm:SendCommand': (DocumentName) => ({ DocumentName, InstanceIds: [node.instanceId] }),
      'ssm:UpdateDocument': (Name) => ({ Name, Content: '{"schemaVersion":"2.2","mainSteps":[]}' }),
      'logs:PutLogEvents': (logGroupName) => ({
        logGroupName,
        logStreamName: 'none',
        logEvents: [{ timestamp: 0, message: '{}' }],
      }),
    };
    for (const { door, action } of calls) {
      const { ref = '', attributes = {} } = world.cloud.resources.find(({ logicalId }) => logicalId === door.id) ?? {};
      const [service = '', right = ''] = action.split(':');
      const attacker = new Intruder(world, [action]);
      const came = await attacker.call(
        service,
        right === 'InvokeFunction' ? 'Invoke' : right,
        inputs[action]?.(ref, String(attributes['Arn'] ?? ref)) ?? {},
      );
      const isDenied = 'error' in came && /explicit deny in a resource-based policy/.test(came.error);
      const isRefused = 'error' in came && /AccessDenied|not authorized/.test(came.error);
      const verdict = isDenied ? 'denied' : isRefused ? 'not allowed' : 'reaches';
      expect(verdict, `${door.id} ${action}`).toBe(verdictOf('principal', door, action));
    }
  });

  it("for Airlock's roles at doors without their own policy", async () => {
    const world = await startSimulation([], async () => new ModelledMachine());
    const roles = rolesOf(resources);
    const arnOf = (id: string) => {
      const { ref = '', attributes = {} } = world.cloud.resources.find(({ logicalId }) => logicalId === id) ?? {};
      return String(attributes['Arn'] ?? ref);
    };
    let may = 0;
    for (const { door, action } of calls.filter(({ door: { policy } }) => policy.length === 0)) {
      const arn =
        door.type === 'AWS::SSM::Document'
          ? `arn:aws:ssm:eu-central-1:123456789012:document/${arnOf(door.id)}`
          : arnOf(door.id);
      const resource = action.startsWith('logs:')
        ? arn.replace(/(:\*)?$/, ':log-stream:s')
        : action === 'states:StopExecution'
          ? `${arn.replace('stateMachine', 'execution')}:x`
          : arn;
      const allowed = rolesThatMay(roles, door, action).map(({ id }) => id);
      for (const { id } of roles) {
        const principal = { kind: 'role', roleArn: arnOf(id), sessionName: 'x' } as const;
        const denied = world.cloud.iam.deny(principal, { action, resource });
        expect(denied === undefined, `${id} ${action} ${door.id}`).toBe(allowed.includes(id));
        if (denied === undefined) may++;
      }
    }
    expect(may).toBeGreaterThan(30);
  });
});
