import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ActName } from '../../../domain/operator-acts.ts';
import { authorize } from '../../../lambdas/cluster/authorize.ts';
import { runs } from '../../hostile.ts';
import { installation, launch, rows } from '../arbitraries.ts';

describe('whatever a record holds', () => {
  it('a node is released only for what was proven in its current attempt, and never after a failure or an end', () => {
    fc.assert(
      fc.property(rows, (run) => {
        const found = authorize('release', run, 'demo');
        const may =
          run.launch?.cluster === 'demo' &&
          run.outcome === undefined &&
          run.failure === undefined &&
          run.cancelledAt === undefined &&
          run.installation !== undefined &&
          run.token !== undefined &&
          run.provenToken === run.token;
        expect('call' in found).toBe(may);
        if ('call' in found)
          expect(found.call).toEqual({ action: 'release', launch: run.launch, installation: run.installation });
      }),
      runs,
    );
  });

  it.each<[ActName, boolean]>([
    ['quarantine', false],
    ['uninstall', false],
    ['release', true],
    ['retry', true],
  ])('%s by an operator during a run decides whether the run may open the node', (act, may) => {
    const operatorAct = { act, by: 'arn:ops', at: '2026-11-21T09:59:00.000Z', because: 'a test' };
    fc.assert(
      fc.property(rows, (row) => {
        // A row that allows a release by chance is rare.
        const { outcome: _, failure: _failure, cancelledAt: _at, ...open } = row;
        const run = { ...open, launch, installation, token: 'token-1', provenToken: 'token-1' };
        expect(authorize('release', run, 'demo')).toHaveProperty('call');
        expect('call' in authorize('release', { ...row, operatorAct }, 'demo')).toBe(
          may && 'call' in authorize('release', row, 'demo'),
        );
        const found = authorize('release', { ...run, operatorAct }, 'demo');
        expect('call' in found).toBe(may);
        if (!may)
          expect(found).toEqual({
            failure: {
              outcome: 'closed-by-operator',
              detail: `airlock ${act} at 2026-11-21T09:59:00.000Z by arn:ops: a test`,
            },
          });
      }),
      runs,
    );
  });

  it('a node is quarantined only for the recorded failure, and never if it may be released', () => {
    fc.assert(
      fc.property(rows, (run) => {
        const found = authorize('quarantine', run, 'demo');
        expect('call' in found).toBe(
          run.launch?.cluster === 'demo' && run.outcome === undefined && run.failure !== undefined,
        );
        if (!('call' in found)) return;
        expect('call' in authorize('release', run, 'demo')).toBe(false);
        expect(found.call).toMatchObject({ action: 'quarantine', launch: run.launch, failure: run.failure });
        if (found.call.action !== 'quarantine') throw new Error('another action');
        expect(found.call.once).toBe(run.disposition === 'replace');
        if (run.disposition === undefined || run.disposition === 'hold') expect(found.call.breakerOpen).toBe(true);
      }),
      runs,
    );
  });

  it('a node is closed only before anything was sent to it, for an earlier launch', () => {
    fc.assert(
      fc.property(rows, (run) => {
        const may =
          run.launch?.cluster === 'demo' &&
          run.outcome === undefined &&
          run.launch.relaunched === true &&
          run.token === undefined;
        expect('call' in authorize('close', run, 'demo')).toBe(may);
      }),
      runs,
    );
  });
});
