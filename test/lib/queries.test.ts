import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import type { EventDetails } from '../../domain/event-schema.ts';

interface Query {
  readonly Name: string;
  readonly QueryString: string;
  readonly LogGroupNames: readonly { readonly Ref: string }[];
}

const template = JSON.parse(readFileSync(join(inject('assembly'), 'Airlock.template.json'), 'utf8')) as {
  readonly Resources: Readonly<Record<string, { readonly Type: string; readonly Properties: Query }>>;
};
const queries = Object.values(template.Resources).flatMap(({ Type, Properties }) =>
  Type === 'AWS::Logs::QueryDefinition' ? [Properties] : [],
);
const ofAudit = queries.filter(({ Name }) => !Name.includes('Errors'));

const at = '2026-11-28T10:00:00.000Z';
const envelope = { schema: 1, at, actor: { kind: 'workflow', name: 'w' }, next: 'nothing' } as const;
const pool = { cluster: 'demo', pool: 'sandboxed' };
const launch = {
  ...envelope,
  instanceId: 'i-0123456789abcdef0',
  launchedAt: at,
  ...pool,
  nodeName: 'ip-10-0-0-1',
  run: 0,
  tookMs: 1,
};
const installation = {
  runtime: 'gvisor',
  version: '20260928.0',
  onlineAt: at,
  sentAt: at,
  settledAt: at,
} as unknown as NonNullable<EventDetails['Node Released']['installation']>;
const receipt = {
  ...launch,
  version: 2,
  outcome: 'released',
  detail: '',
  endedAt: at,
  totalMs: 1,
  readyAt: at,
  gate: 'kept',
  installation,
} satisfies EventDetails['Node Released'];

const incident = {
  ...envelope,
  incident: { name: 'demo sandboxed proof-failed', nodes: 1 },
  text: { what: '', why: '' },
} as unknown as EventDetails['Incident Opened'];

/**
 * An event of each type that a query asks for, with all the fields that it can have: the compiler holds them to the
 * types of the events.
 */
const samples: Partial<EventDetails> = {
  'Node Admitted': { ...launch, providerId: '', deadline: at, execution: 'e' },
  'Launch Ignored': { ...envelope, ...pool, instanceId: launch.instanceId, launchedAt: at, because: '' },
  'Node Released': receipt,
  'Node Quarantined': receipt,
  'Node Replaced': receipt,
  'Node Held': receipt,
  'Node Reverified': receipt,
  'Reverification Failed': receipt,
  'Node Outdated': { ...launch, version: '1', configured: '2' },
  'Incident Opened': incident,
  'Incident Grew': incident,
  'Incident Closed': incident,
  'Operator Acted': { ...launch, command: 'retry', because: 'a test', notProven: [] },
  'Breaker Opened': { ...envelope, ...pool, version: 'gvisor@1', failed: 3, passed: 0 },
  'Breaker Closed': { ...envelope, ...pool, version: 'gvisor@1' },
};

function has(detail: unknown, path: string): boolean {
  return (
    path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], detail) !==
    undefined
  );
}

describe('saved queries', () => {
  it('are ten and more, in the folder of the stack', () => {
    expect(queries.length).toBeGreaterThanOrEqual(10);
    for (const { Name } of queries) expect(Name).toMatch(/^Airlock\/[A-Z]/);
  });

  it.each(ofAudit)('ask the audit trail for fields that its events have: $Name', ({ QueryString, LogGroupNames }) => {
    expect(LogGroupNames.map(({ Ref }) => Ref)).toEqual([expect.stringMatching(/^AuditTrail/)]);
    const [, list] = /`detail-type` in (\[[^\]]+\])/.exec(QueryString) ?? [];
    const types = list === undefined ? Object.keys(samples) : (JSON.parse(list) as string[]);
    const details = types.map((type) => samples[type as keyof EventDetails]);
    expect(details).not.toContain(undefined);
    const paths = [...QueryString.matchAll(/\bdetail\.([A-Za-z.]+)/g)].map(([, path = '']) => path);
    expect(paths.filter((path) => !details.some((detail) => has(detail, path)))).toEqual([]);
  });

  it('quote the one field with a hyphen, and begin each line but the first with a pipe', () => {
    for (const { QueryString } of ofAudit) {
      expect(QueryString.replaceAll('`detail-type`', '')).not.toContain('detail-type');
      for (const line of QueryString.split('\n').slice(1))
        expect(line).toMatch(/^\| (fields|filter|stats|sort|limit) /);
    }
  });

  it('are named in the runbooks as they are called', () => {
    const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'operate', 'alarms.md'), 'utf8');
    const named = [...page.matchAll(/quer(?:y|ies)\s+`([^`]+)`/g)].map(([, name]) => `Airlock/${name}`);
    expect(named.length).toBeGreaterThan(5);
    for (const name of named) expect(queries.some(({ Name }) => Name.startsWith(name))).toBe(true);
  });

  it('look for errors in the log of every function', () => {
    const groups = queries.flatMap(({ Name, LogGroupNames }) =>
      Name.includes('Errors') ? LogGroupNames.map(({ Ref }) => Ref) : [],
    );
    expect(groups.length).toBeGreaterThanOrEqual(8);
    expect(new Set(groups).size).toBe(groups.length);
  });
});
