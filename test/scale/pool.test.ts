import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { runPool } from './pool.ts';

describe('a pool of 40 nodes, launched within two seconds', () => {
  it('is released with shared commands that are not throttled, and with at most eight transitions per node', async () => {
    const { world, nodes, ended } = await runPool(inject('prepared'), 40, 2_000);
    onTestFinished(() => world.stop());

    const reports = nodes.map((node) => world.report(node));
    expect(ended).toBe(true);
    expect(reports.filter(({ outcome }) => outcome !== 'released')).toEqual([]);
    expect(world.calls()['ssm:SendCommand']).toBeLessThanOrEqual(15);
    expect(world.cloud.journal.filter(({ error }) => error?.startsWith('Throttling'))).toEqual([]);
    expect(Math.max(...reports.map(({ transitions }) => transitions))).toBeLessThanOrEqual(8);
  });
});
