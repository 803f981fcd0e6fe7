import { describe, expect, it } from 'vitest';
import { fleetNodes } from '../../cli/advisories/fleet-nodes.ts';
import { exposeNode } from '../../domain/exposure.ts';
import { askedRunOf, listDue, readInventory } from '../../domain/inventory.ts';
import type { RunRecord } from '../../domain/ledger.ts';
import type { Inventory } from '../../domain/result.ts';
import type { SurveyedNode } from '../../domain/survey.ts';
import { parseConfig } from '../../lib/config/load.ts';
import { shipped } from '../ssm-documents/node.ts';

const now = Date.parse('2026-11-28T12:00:00.000Z');
const hour = 3_600_000;
const ago = (hours: number) => new Date(now - hours * hour).toISOString();
const document = 'airlock-gvisor-inventory-0123456789ab';
const [old, fixed] = ['20260810.0', '20260928.0'];
let count = 0;
/** A node that was released so many hours ago. */
const released = (hours: number, more: Partial<RunRecord> = {}): RunRecord =>
  ({
    ...{
      instanceId: `i-${String(++count).padStart(17, '0')}`,
      launchedAt: ago(hours + 1),
      cluster: 'demo',
      pool: 'ci',
    },
    ...{ ending: 'released', endedAt: ago(hours), request: { runtime: 'gvisor', version: fixed }, ...more },
  }) as RunRecord;
const answer = (hours: number, version: string, sandboxes: Inventory['sandboxes'] = {}): Inventory => ({
  ...{ at: ago(hours), version, sandboxes, commandId: 'c' },
});

describe('a node is asked', () => {
  const rate = { everyMs: 24 * hour, nodesPerPass: 2 };
  const isDue = (run: RunRecord) => listDue([run], rate, now).length === 1;

  it.each([
    [true, 'proven long ago', released(30)],
    [false, 'proven today', released(3)],
    [false, 'that answered today', released(90, { inventory: answer(2, fixed) })],
    [true, 'whose answer is old', released(90, { inventory: answer(25, fixed) })],
    [false, 'asked today that has not answered', released(90, { inventoryAskedAt: ago(1) })],
    [true, 'asked yesterday that has not answered', released(90, { inventoryAskedAt: ago(25) })],
    [false, 'that was not released', released(90, { ending: 'quarantined' })],
  ])('%s: one %s', (due, _, run) => {
    expect(isDue(run)).toBe(due);
  });

  it('before those that were seen later, and no more than the setting allows in one pass', () => {
    const [one, two, three] = [released(30), released(50), released(40)];
    expect(listDue([one, two, three], rate, now)).toEqual([two, three]);
  });
});

describe('an answer', () => {
  const result = {
    airlock: 1,
    verb: 'inventory',
    runtime: 'gvisor',
    version: fixed,
    outcome: 'inventoried',
    detail: '',
  };
  const rest = { handler: 'runsc', sha256: '', config: 'untouched', restarts: 0, phases: {} };
  const invocation = (more: object = {}, status = 'Success') => ({
    ...{ comment: 'batch', document, status, statusDetails: status, responseCode: 0 },
    output: `${JSON.stringify({ ...result, ...rest, ...more })}\n`,
  });
  const run = released(30, { inventoryBatch: 'batch' });

  it('belongs to the run that asked, by its batch and a document that inventories the runtime', () => {
    expect(askedRunOf([released(1), run], invocation())).toBe(run);
    expect(askedRunOf([run], { ...invocation(), comment: 'other' })).toBeUndefined();
    expect(askedRunOf([run], { ...invocation(), document: 'airlock-gvisor-install-0123456789ab' })).toBeUndefined();
    expect(askedRunOf([run], { ...invocation(), document: 'airlock-kata-inventory-0123456789ab' })).toBeUndefined();
    expect(askedRunOf([released(30)], { ...invocation(), comment: '' })).toBeUndefined();
  });

  it('is recorded only in its form', () => {
    const sandboxes = { [old]: 2 };
    expect(readInventory(run, 'c', invocation({ sandboxes }), ago(0))).toEqual({
      inventory: { at: ago(0), version: fixed, sandboxes, commandId: 'c' },
    });
    const refused = [
      invocation({ version: '<b>' }),
      invocation({ sandboxes: { '<b>': 1 } }),
      invocation({ sandboxes: Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`${at}`, 1])) }),
      invocation({ verb: 'prove', outcome: 'proven' }),
      invocation({ runtime: 'kata' }),
      invocation({ outcome: 'concurrent-run' }),
      invocation({}, 'Failed'),
      { ...invocation(), output: 'nothing' },
    ];
    for (const one of refused) expect(readInventory(run, 'c', one, ago(0))).toHaveProperty('reason');
  });
});

describe('what a node answers', () => {
  const stateOf = (run: RunRecord, rate = '') => {
    const config = parseConfig(`clusters: [{name: demo}]\nruntimes: {gvisor: {}}\n${rate}`);
    const node = { instanceId: run.instanceId, nodeName: 'n', state: 'released', reason: '' } as SurveyedNode;
    const reading = { runs: [run], surveys: new Map([['demo', [node]]]) };
    const [shown] = fleetNodes(reading, { config, catalogue: shipped }, now);
    const advisory = shipped.runtimes.gvisor?.advisories?.find(({ id }) => id === 'CVE-2026-96812');
    if (shown === undefined || advisory === undefined) throw new Error('there is no node or no advisory');
    return [exposeNode(shown, advisory), shown.because] as const;
  };
  const sandboxes = { installation: { sandboxes: { [old]: 1 } } } as unknown as Partial<RunRecord>;

  it('replaces an older count of sandboxes, and not a newer one', () => {
    expect(stateOf(released(30, sandboxes))[0]).toBe('old-sandboxes');
    expect(stateOf(released(30, { ...sandboxes, inventory: answer(1, fixed) }))[0]).toBe('fixed');
    expect(stateOf(released(30, { ...sandboxes, inventory: answer(40, fixed) }))[0]).toBe('old-sandboxes');
    expect(stateOf(released(30, { inventory: answer(1, fixed, { [old]: 1 }) }))[0]).toBe('old-sandboxes');
  });

  it('makes no version fixed that was not proven', () => {
    const request = { runtime: 'gvisor', version: old } as const;
    expect(stateOf(released(30, { request, inventory: answer(1, old) }))[0]).toBe('affected');
    expect(stateOf(released(30, { request, inventory: answer(1, fixed) }))[0]).toBe('unknown');
    expect(stateOf(released(30, { inventory: answer(1, '') }))).toEqual([
      'unknown',
      `the node answers that it has no version, and ${fixed} was proven`,
    ]);
  });

  it('counts as unknown once it is over twice as old as the setting demands', () => {
    const rate = 'inventory: {every: 24h}';
    expect(stateOf(released(47), rate)[0]).toBe('fixed');
    expect(stateOf(released(49), rate)).toEqual([
      'unknown',
      `nothing is known of it since ${ago(49)}, and inventory.every is 24h`,
    ]);
    expect(stateOf(released(49, { inventory: answer(3, fixed) }), rate)[0]).toBe('fixed');
    expect(stateOf(released(900))[0]).toBe('fixed');
  });
});
