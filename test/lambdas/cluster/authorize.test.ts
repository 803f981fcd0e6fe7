import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { authorize } from '../../../lambdas/cluster/authorize.ts';
import { runs } from '../../hostile.ts';
import { rows } from '../arbitraries.ts';

describe('whatever a row holds', () => {
  it('a node is released only for what was proven in its current attempt, and never after a failure or an end', () => {
    fc.assert(
      fc.property(rows, (row) => {
        const found = authorize('release', row, 'demo');
        const may =
          row.node?.cluster === 'demo' &&
          row.outcome === undefined &&
          row.failure === undefined &&
          row.haltedAt === undefined &&
          row.installation !== undefined &&
          row.token !== undefined &&
          row.provenToken === row.token;
        expect('call' in found).toBe(may);
        if ('call' in found)
          expect(found.call).toEqual({ action: 'release', node: row.node, installation: row.installation });
      }),
      runs,
    );
  });

  it('a node is quarantined only for the failure that was noted, and never if it may be released', () => {
    fc.assert(
      fc.property(rows, (row) => {
        const found = authorize('quarantine', row, 'demo');
        expect('call' in found).toBe(
          row.node?.cluster === 'demo' && row.outcome === undefined && row.failure !== undefined,
        );
        if (!('call' in found)) return;
        expect('call' in authorize('release', row, 'demo')).toBe(false);
        expect(found.call).toMatchObject({ action: 'quarantine', node: row.node, failure: row.failure });
        if (found.call.action !== 'quarantine') throw new Error('another action');
        expect(found.call.once).toBe(row.verdict === 'replace');
        if (row.verdict === undefined || row.verdict === 'hold') expect(found.call.breakerOpen).toBe(true);
      }),
      runs,
    );
  });

  it('a node is closed only before anything was sent to it, for an earlier launch', () => {
    fc.assert(
      fc.property(rows, (row) => {
        const may =
          row.node?.cluster === 'demo' &&
          row.outcome === undefined &&
          row.node.relaunched === true &&
          row.token === undefined;
        expect('call' in authorize('close', row, 'demo')).toBe(may);
      }),
      runs,
    );
  });
});
