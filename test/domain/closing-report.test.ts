import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { closingExitCode, firstRefusal, joinFacts } from '../../cli/advisories/closing.ts';
import { closingPage } from '../../cli/advisories/closing-page.ts';
import { verdictOf } from '../../cli/advisories/closing-print.ts';
import { factsIn } from '../../cli/advisories/closing-read.ts';
import { closingReport } from '../../cli/advisories/closing-schema.ts';
import { AdvisorySchema } from '../../domain/advisories.ts';
import { closeAdvisory } from '../../domain/closing-report.ts';
import type { RunRecord } from '../../domain/ledger.ts';
import { OpenVexSchema, openVex } from '../../domain/open-vex.ts';
import type { SurveyedNode } from '../../domain/survey.ts';
import type { TrailEvent } from '../../domain/trail.ts';
import { parseConfig } from '../../lib/config/load.ts';
import { shipped } from '../ssm-documents/node.ts';

const advisory = v.parse(AdvisorySchema, {
  id: 'CVE-2026-96812',
  summary: 'A sandbox reaches the host',
  severity: 'high',
  published: '2026-09-25',
  affected: [{ before: '20260824.0' }],
  fixedIn: '20260824.0',
  link: 'https://example.com/CVE-2026-96812',
});
const settings = { config: parseConfig('clusters: [{name: demo}]\nruntimes: {gvisor: {}}'), catalogue: shipped };
const [old, fixed] = ['20260810.0', '20260928.0'];
const instanceId = 'i-00000000000000001';
const launchedAt = '2026-09-01T10:00:00.000Z';

/** A run of the launch that ended; the number 0 is the first. */
function run(number: number, version: string, endedAt: string, more: Partial<RunRecord> = {}): RunRecord {
  return {
    instanceId,
    launchedAt: number === 0 ? launchedAt : `${launchedAt} 000${number}`,
    ...{ cluster: 'demo', pool: 'ci', request: { runtime: 'gvisor', version } as const },
    ...{ endedAt, ending: 'released', outcome: 'released', endedBy: 'execution', ...more },
  } as RunRecord;
}

const gateBack = (gate: 'kept' | 'returned') =>
  ({ ending: 'quarantined', outcome: 'proof-failed', receipt: { gate } }) as unknown as Partial<RunRecord>;
const there = { instanceId, nodeName: 'ip-10-0-0-4', state: 'released' } as SurveyedNode;
const going = (time: string): TrailEvent => ({
  time,
  source: 'aws.ec2',
  type: 'EC2 Instance State-change Notification',
  detail: { 'instance-id': instanceId, state: 'shutting-down' },
});

/** The report about one launch. */
function close(
  runs: readonly RunRecord[],
  node?: Partial<SurveyedNode>,
  events: readonly TrailEvent[] = [],
  running: ReadonlyMap<string, string> | undefined = new Map(),
) {
  const surveys = new Map([['demo', node === undefined ? [] : [{ ...there, ...node }]]]);
  const reading = { runs, surveys, breakers: [], notChecked: [] };
  const now = Date.parse('2026-11-28T12:00:00.000Z');
  const input = joinFacts({ runtime: 'gvisor', advisory, reading, trail: factsIn(events), settings, keys: [], now });
  const joined = { nodes: closeAdvisory({ ...input, running }), refusedSince: firstRefusal(input) };
  const context = {
    runtime: 'gvisor',
    advisory,
    knownSince: '2026-09-26T00:00:00.000Z',
    at: new Date(now).toISOString(),
    notChecked: [],
    ...joined,
  };
  return { ...joined, report: closingReport(joined.nodes, context), context };
}

const first = run(0, old, '2026-09-01T10:01:00.000Z');
const second = run(1, fixed, '2026-10-02T08:00:00.000Z');

describe('a closing report', () => {
  it('has the exposure from the release with an affected version to the proof of a fixed one', () => {
    const { nodes, report } = close([second, first], {});
    expect(nodes).toMatchObject([
      {
        state: 'fixed',
        version: fixed,
        exposed: [{ from: '2026-09-01T10:01:00.000Z', until: '2026-10-02T08:00:00.000Z' }],
        proof: { at: '2026-10-02T08:00:00.000Z', version: fixed, run: 1, signature: { state: 'absent' } },
        left: '',
      },
    ]);
    expect(verdictOf(report)).toBe('closed: no node is exposed since 2026-10-02T08:00:00.000Z');
    expect(closingExitCode(report)).toBe(0);
  });

  it.each([
    ['affected', [first], {}, 'pods can run there with 20260810.0', 1],
    ['unknown', [second], { state: 'drifted' }, expect.stringContaining('its proof no longer holds'), 3],
    ['gone', [first], undefined, 'it is gone, and the audit trail does not have when', 1],
  ] as const)('leaves a node open that is %s', (state, runs, node, left, code) => {
    const { nodes, report } = close(runs, node);
    expect(nodes).toMatchObject([{ state, left }]);
    expect(verdictOf(report)).toBe('open: 1 of 1 nodes left');
    expect(closingExitCode(report)).toEqual(code);
  });

  it('leaves a fixed node open while sandboxes of an earlier version run', () => {
    const installation = { version: fixed, sandboxes: { [old]: 2 } };
    const switched = { ...second, receipt: { installation } } as unknown as RunRecord;
    const [node] = close([first, switched], {}).nodes;
    expect(node).toMatchObject({ state: 'old-sandboxes', exposed: [{ from: first.endedAt }], proof: { run: 1 } });
    expect(node?.exposed[0]).not.toHaveProperty('until');
    expect(node?.left).toContain('2 of 20260810.0');
  });

  it('leaves a node behind its gate open until a later count has no sandbox of an affected version', () => {
    const back = run(1, old, '2026-10-01T00:00:00.000Z', gateBack('returned'));
    const counted = (at: string, sandboxes: Record<string, number>) =>
      ({ ...back, inventory: { at, version: old, sandboxes } }) as RunRecord;
    const nodeOf = (latest: RunRecord) => close([first, latest], { state: 'quarantined' }).nodes[0];
    expect(nodeOf(back)).toMatchObject({
      state: 'gated',
      left: expect.stringContaining('pods from before may still run there'),
    });
    expect(nodeOf(counted('2026-10-02T00:00:00.000Z', { [old]: 7 }))).toMatchObject({
      state: 'old-sandboxes',
      affectedSandboxes: [old],
      left: expect.stringContaining('7 of 20260810.0'),
    });
    expect(nodeOf(counted('2026-10-02T00:00:00.000Z', {}))).toMatchObject({ state: 'gated', left: '' });
  });

  it('ends an exposure when the gate is back, and not at a run that left the gate alone', () => {
    const at = '2026-10-01T00:00:00.000Z';
    const untilOf = (more: Partial<RunRecord>) =>
      close([first, run(1, old, at, more)], { state: 'quarantined' }).nodes[0]?.exposed[0]?.until;
    expect(untilOf(gateBack('returned'))).toBe(at);
    expect(untilOf({ ending: 'held', outcome: 'breaker-open' })).toBeUndefined();
  });

  it('counts a gate that an operator lifted by hand as an exposure', () => {
    const act = { act: 'release', by: 'me', at: '2026-10-03T00:00:00Z', because: 'x', opened: true } as const;
    const [node] = close([{ ...run(0, old, '2026-10-01T00:00:00Z', gateBack('kept')), operatorAct: act }], {}).nodes;
    expect(node?.exposed).toEqual([{ from: '2026-10-03T00:00:00Z' }]);
  });

  it('ends the exposure of a launch that is gone when EC2 reported it, and leaves out those gone before the day', () => {
    const gone = close([first], undefined, [going('2026-10-05T00:00:00Z')]).nodes;
    expect(gone).toMatchObject([{ state: 'gone', left: '', exposed: [{ until: '2026-10-05T00:00:00Z' }] }]);
    expect(close([first], undefined, [going('2026-09-10T00:00:00Z')]).nodes).toEqual([]);
    // An earlier stop belongs to an earlier launch.
    expect(close([first], undefined, [going('2026-08-31T00:00:00Z')]).nodes).toMatchObject([{ state: 'gone' }]);
  });

  it('never takes a line of the audit trail for the end of an instance that EC2 shows', () => {
    const line = [going('2026-10-05T00:00:00Z')];
    const before = [going('2026-09-10T00:00:00Z')];
    const runs = new Map([[instanceId, launchedAt]]);
    for (const forged of [line, before, []])
      expect(close([first], undefined, forged, runs)).toMatchObject({
        nodes: [
          {
            state: 'unknown',
            exposed: [{ from: first.endedAt }],
            left: 'EC2 shows that it runs, and its cluster has no Node of it',
          },
        ],
      });
    expect(closingExitCode(close([first], undefined, line, runs).report)).toBe(3);
    // The instance was stopped and started: that is another launch.
    const later = new Map([[instanceId, '2026-11-01T10:00:00.000Z']]);
    expect(close([first], undefined, line, later).nodes).toMatchObject([{ state: 'gone', left: '' }]);
  });

  it('counts no launch as gone if EC2 could not be asked', () => {
    const line = [going('2026-10-05T00:00:00Z')];
    const surveys = new Map([['demo', []]]);
    const reading = { runs: [first], surveys, breakers: [], notChecked: [] };
    const facts = { runtime: 'gvisor', advisory, reading, trail: factsIn(line), settings, keys: [], now: 0 };
    expect(closeAdvisory({ ...joinFacts(facts), running: undefined })).toMatchObject([
      { state: 'unknown', left: 'EC2 could not be asked whether it still runs' },
    ]);
  });

  it('has when launches were first refused because of it', () => {
    const refused = run(0, old, '2026-09-26T00:00:00.000Z', {
      outcome: 'version-withdrawn',
      ending: 'quarantined',
      receipt: { gate: 'kept', detail: 'gvisor@20260810.0 is withdrawn: CVE-2026-96812, high' } as RunRecord['receipt'],
    } as Partial<RunRecord>);
    expect(close([refused], { state: 'quarantined' }).refusedSince).toBe('2026-09-26T00:00:00.000Z');
  });

  it('names a launch whose cluster could not be read', () => {
    const other = { ...first, cluster: 'else' };
    // The ledger's word is the last known one of a node that was released.
    expect(close([other]).nodes).toMatchObject([{ state: 'affected' }]);
    const held = { ...second, ...gateBack('returned'), cluster: 'else' } as RunRecord;
    expect(close([other, held]).nodes).toMatchObject([
      { state: 'unknown', left: expect.stringContaining('could not') },
    ]);
  });

  it('escapes what a node may have written', () => {
    const { report } = close([first], { nodeName: '<script>alert(1)</script>' });
    const page = closingPage(report);
    expect(page).toContain('&lt;script&gt;');
    expect(page).not.toContain('<script>');
  });
});

describe('its OpenVEX document', () => {
  const stateMachine = 'arn:aws:states:eu-central-1:123456789012:stateMachine:Airlock';
  const vexOf = (
    { nodes, context }: ReturnType<typeof close>,
    notChecked: { resource: string; reason: string }[] = [],
  ) => openVex(nodes, { ...context, stateMachine, notChecked });
  const product = (version: string) => ({
    '@id': `arn:aws:ec2:eu-central-1:123456789012:instance/${instanceId}`,
    subcomponents: [{ '@id': `pkg:generic/gvisor@${version}` }],
  });

  it.each([
    ['affected', [first], {}, old],
    ['fixed', [first, second], {}, fixed],
    ['under_investigation', [first, second], { state: 'drifted' }, fixed],
  ] as const)('states %s', (status, runs, node, version) => {
    const document = vexOf(close(runs, node));
    expect(v.safeParse(OpenVexSchema, document).issues).toBeUndefined();
    expect(document.statements).toMatchObject([{ status, products: [product(version)] }]);
  });

  it('names the versions that sandboxes run from, not the fix, and does not leave a gate out that closed over pods', () => {
    const switched = {
      ...second,
      receipt: { installation: { version: fixed, sandboxes: { [old]: 2 } } },
    } as unknown as RunRecord;
    expect(vexOf(close([first, switched], {})).statements).toMatchObject([
      { status: 'affected', products: [product(old)] },
    ]);
    const back = run(1, old, '2026-10-01T00:00:00.000Z', gateBack('returned'));
    expect(vexOf(close([first, back], { state: 'quarantined' })).statements).toMatchObject([
      { status: 'under_investigation', products: [product(old)] },
    ]);
  });

  it('is not silent about what could not be looked at, and about a fleet without nodes', () => {
    const empty = close([]);
    expect(vexOf(empty).statements).toMatchObject([{ status: 'not_affected', products: [{ '@id': stateMachine }] }]);
    const blind = vexOf(empty, [{ resource: 'cluster demo', reason: 'no' }]).statements;
    expect(blind).toMatchObject([
      { status: 'under_investigation', status_notes: 'could not look at cluster demo: no' },
    ]);
  });

  it('does not state fixed if the signed receipt of the proof does not hold', () => {
    const whole = close([first, second], {});
    const [node] = whole.nodes;
    const bad = { ...node, left: 'the signed receipt does not hold: signature' } as (typeof whole.nodes)[number];
    const { statements } = vexOf({ ...whole, nodes: [bad] });
    expect(statements.map(({ status }) => status)).toEqual(['under_investigation']);
  });

  it('is held to the rules of the published schema', () => {
    const document = vexOf(close([first], {}));
    const [statement] = document.statements;
    const refused = [
      { ...document, statements: [] },
      { ...document, extra: 1 },
      { ...document, '@id': 'none' },
      { ...document, statements: [{ ...statement, action_statement: undefined }] },
      { ...document, statements: [{ ...statement, status: 'not_affected' }] },
    ];
    expect(refused.map((one) => v.safeParse(OpenVexSchema, one).success)).toEqual(refused.map(() => false));
  });
});
