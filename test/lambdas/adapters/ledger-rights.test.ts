import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { type Writer, writers } from '../../../domain/ledger-change.ts';
import { attributesOf, type RecordKind, recordKinds, writableBy } from '../../../domain/ledger-rights.ts';
import { here } from '../../../packages/local-aws/aws.ts';
import { VirtualClock } from '../../../packages/local-aws/clock.ts';
import { Engine, type RightsRequest, rightOn } from '../../../packages/local-aws/dynamodb.ts';

process.env['LEDGER_TABLE'] = 'ledger';
const { client } = await import('../../../lambdas/adapters/table.ts');
const adapters: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'lambdas/adapters/ledger.ts': await import('../../../lambdas/adapters/ledger.ts'),
  'lambdas/adapters/arrivals.ts': await import('../../../lambdas/adapters/arrivals.ts'),
  'lambdas/adapters/breakers.ts': await import('../../../lambdas/adapters/breakers.ts'),
  'lambdas/adapters/incidents.ts': await import('../../../lambdas/adapters/incidents.ts'),
  'lambdas/adapters/rollouts.ts': await import('../../../lambdas/adapters/rollouts.ts'),
};

const root = join(import.meta.dirname, '..', '..', '..');
const engine = new Engine(new VirtualClock(), here);
const tables = { env: here, keysOf: () => ['instanceId', 'launchedAt'], policyOf: () => undefined };

/** What an update of a record names, in alphabetical order. */
function named(update: RightsRequest): { readonly kind: RecordKind; readonly attributes: readonly string[] } {
  const parsed = engine.parse('updateItem', update);
  if (parsed === undefined) throw new Error(`no update: ${JSON.stringify(update)}`);
  const { context = {} } = rightOn(tables, 'UpdateItem', update, parsed);
  const [key = ''] = context['dynamodb:LeadingKeys'] ?? [];
  return {
    kind: recordKinds.find((kind) => key.startsWith(kind)) ?? 'run',
    attributes: context['dynamodb:Attributes'] as readonly string[],
  };
}

/** The adapter functions that a file reaches, directly and through its imports. */
function reached(file: string, seen = new Set<string>()): Set<string> {
  const found = new Set<string>();
  if (seen.has(file)) return found;
  seen.add(file);
  const text = readFileSync(join(root, file), 'utf8');
  for (const [, names = '', path = ''] of text.matchAll(/import (?:type )?\{([^}]*)\} from '(\.[^']+)'/g)) {
    const target = normalize(join(dirname(file), path));
    if (target in adapters) {
      for (const name of names.split(',')) if (!/^\s*(type |$)/.test(name)) found.add(`${target} ${name.trim()}`);
    } else if (target.startsWith('lambdas/')) for (const one of reached(target, seen)) found.add(one);
  }
  return found;
}

/** Arguments of each function that writes: two sets if what it names depends on them. */
const at = '2026-11-21T09:00:00.000Z';
const launch = { instanceId: 'i-0aaaaaaaaaaaaaaaa', launchedAt: at, cluster: 'demo', pool: 'p', relaunched: true };
const row = { ...launch, token: 'was', batchId: 'was' };
const scope = { cluster: 'demo', pool: 'p', version: 'gvisor@1' };
const request = { runtime: 'gvisor', version: '1' };
const claimed = {
  launch,
  request,
  token: 't',
  attempt: 0,
  batchId: 'b',
  verb: 'install',
  document: 'd',
  checksums: {},
  onlineAt: at,
  at,
};
const receipt = { outcome: 'instance-gone', endedAt: at };
const incident = {
  cluster: 'demo',
  pool: 'p',
  outcome: 'proof-failed',
  since: at,
  lastAt: at,
  nodes: 1,
  reportedAt: at,
};
const rollout = { cluster: 'demo', pool: 'p', runtime: 'gvisor' };
const samples: Readonly<Record<string, readonly (readonly unknown[])[]>> = {
  recordAdmission: [
    [{ launch, request }, 'e', at],
    [{ launch, refused: { outcome: 'unknown-runtime' } }, 'e', at],
  ],
  recordAdmitted: [[launch, at]],
  recordRollout: [
    [rollout, 0],
    [rollout, 1],
  ],
  recordIncident: [[incident], [{ ...incident, closedAt: at }]],
  claim: [[{ ...claimed, over: undefined }], [{ ...claimed, over: row }]],
  releaseClaim: [[launch, 'b']],
  recordCommand: [[launch, 'b', 'c', at]],
  recordDeferral: [[launch, at]],
  recordProven: [[launch, 't', {}]],
  recordDisposition: [[launch, 'hold']],
  recordEndExecution: [[launch, 'e']],
  recordAnswered: [[launch, 't', at]],
  recordCancellation: [[launch, at]],
  recordTermination: [[launch, receipt, 'terminations']],
  recordReplacing: [[launch, at]],
  recordPublished: [[launch, at]],
  recordOutdated: [[launch, '2']],
  recordReopened: [[launch, at]],
  recordInventoryAsked: [[launch, 'b', at]],
  recordInventory: [[launch, 'b', { at, version: '1', sandboxes: {}, commandId: 'c' }]],
  recordRerun: [[launch, at]],
  recordRunCount: [[launch, 1]],
  renewRecord: [[launch, at]],
  addFailure: [
    [scope, 'i', { over: undefined, start: true, at }],
    [scope, 'i', { over: { windowStart: at }, start: false, at }],
  ],
  openBreaker: [[scope, at, at]],
  recordOpeningPublished: [[scope, at]],
  takeProbe: [[scope, 'i', at, at]],
  dropProbe: [[scope, 'i']],
  recordArrivals: [[scope, { known: [25], more: [26], at }]],
};

/** Values in the form of DynamoDB's API: only their types matter here. */
function onTheWire(values: readonly (readonly [string, unknown])[]): NonNullable<RightsRequest['Key']> {
  const typed = (value: unknown) =>
    value instanceof Set ? { SS: [...value] } : typeof value === 'number' ? { N: `${value}` } : { S: String(value) };
  return Object.fromEntries(values.map(([name, value]) => [name, typed(value)]));
}

/** Every attribute that a function's code names in updates. */
async function namedBy(functions: ReadonlySet<string>): Promise<ReadonlyMap<RecordKind, ReadonlySet<string>>> {
  const found = new Map<RecordKind, Set<string>>();
  const updates: RightsRequest[] = [];
  const send = vi.spyOn(client, 'send').mockImplementation(async (command: { readonly input: unknown }) => {
    const input = command.input as RightsRequest;
    if ('UpdateExpression' in input) updates.push(input);
    return { Attributes: {} };
  });
  for (const one of functions) {
    const [file = '', name = ''] = one.split(' ');
    const call = adapters[file]?.[name] as (...parameters: readonly unknown[]) => Promise<unknown>;
    for (const parameters of samples[name] ?? []) await call(...parameters);
  }
  send.mockRestore();
  for (const { Key, ExpressionAttributeValues, ...rest } of updates) {
    const values = Object.entries(ExpressionAttributeValues ?? {});
    const some = values.length === 0 ? {} : { ExpressionAttributeValues: onTheWire(values) };
    const { kind, attributes } = named({ ...rest, Key: onTheWire(Object.entries(Key ?? {})), ...some });
    found.set(kind, new Set([...(found.get(kind) ?? []), ...attributes]));
  }
  return found;
}

/** Every attribute that the state machine names in updates. */
let byWay: ReadonlyMap<RecordKind, ReadonlySet<string>>;
beforeAll(() => {
  const template = JSON.parse(readFileSync(join(inject('assembly'), 'Airlock.template.json'), 'utf8'));
  const machine = Object.values(template.Resources).find(
    (one) => (one as { Type: string }).Type === 'AWS::StepFunctions::StateMachine',
  ) as { Properties: { DefinitionString: { 'Fn::Join': [string, unknown[]] } } };
  const [, parts] = machine.Properties.DefinitionString['Fn::Join'];
  const definition = JSON.parse(parts.map((part) => (typeof part === 'string' ? part : 'x')).join('')) as {
    readonly States: Readonly<Record<string, { readonly Resource?: string; readonly Arguments?: RightsRequest }>>;
  };
  const found = new Map<RecordKind, Set<string>>();
  for (const { Resource, Arguments } of Object.values(definition.States)) {
    if (Resource?.endsWith(':dynamodb:updateItem') !== true || Arguments === undefined) continue;
    const values = JSON.parse(
      JSON.stringify(Arguments.ExpressionAttributeValues).replace(/"N":"\{%.*?%\}"/g, '"N":"1"'),
    );
    const { attributes } = named({ ...Arguments, TableName: 'ledger', ExpressionAttributeValues: values });
    // The key is an expression.
    const kind = JSON.stringify(Arguments.Key).includes('breaker') ? 'breaker' : 'run';
    found.set(kind, new Set([...(found.get(kind) ?? []), ...attributes]));
  }
  byWay = found;
});

describe('each writer of the ledger', () => {
  it.each(writers)('%s may name in updates what its code names, and nothing else', async (writer: Writer) => {
    const used = writer === 'workflow' ? byWay : await namedBy(reached(`lambdas/${writer}/handler.ts`));
    const may = new Map(writableBy(writer).map(({ kind, attributes }) => [kind, attributes]));
    for (const kind of recordKinds)
      expect(may.get(kind), kind).toEqual(used.has(kind) ? [...(used.get(kind) ?? [])].toSorted() : undefined);
  });

  it('has its attributes either by writing them or by a condition, not by both', () => {
    for (const kind of recordKinds)
      for (const { attribute, writers: own, askers } of attributesOf(kind))
        expect(
          own.filter((one) => askers.includes(one)),
          attribute,
        ).toEqual([]);
  });

  it('is known: no other function reaches an update', () => {
    const writing = Object.keys(samples);
    for (const folder of ['cluster', 'cluster-inside', 'find-cluster', 'grant-cluster-admin', 'prepare-cluster']) {
      const names = [...reached(`lambdas/${folder}/handler.ts`)].map((one) => one.split(' ')[1] ?? '');
      expect(
        names.filter((name) => writing.includes(name)),
        folder,
      ).toEqual([]);
    }
  });
});
