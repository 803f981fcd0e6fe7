import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { type PoolRun, runPool } from './pool.ts';

/** Prints what a run took. */
function tell({ world, nodes, wallMs }: PoolRun, cpu: NodeJS.CpuUsage): void {
  const { 'ssm:SendCommand': sent, 'lambda:Invoke': invoked, 'kubernetes:get nodes': read } = world.calls();
  const mib = Math.round(process.memoryUsage().rss / 2 ** 20);
  const seconds = (ms: number) => (ms / 1000).toFixed(1);
  const each = (wallMs / nodes.length).toFixed(0);
  process.stdout.write(
    `${nodes.length} nodes: ${seconds(wallMs)} s (${each} ms a node), ${seconds((cpu.user + cpu.system) / 1000)} s of processor, ${mib} MiB; ` +
      `${sent} SendCommand, ${invoked} Invoke, ${read} reads of Nodes, ${world.cloud.journal.length} AWS calls\n`,
  );
}

async function measured(count: number, withinMs: number): Promise<PoolRun> {
  const before = process.cpuUsage();
  const run = await runPool(inject('prepared'), count, withinMs);
  onTestFinished(() => run.world.stop());
  tell(run, process.cpuUsage(before));
  return run;
}

describe('200 nodes, launched within 10 seconds', () => {
  it('are released with at most 30 commands and 8 transitions per node, and no call is denied', async () => {
    const { world, nodes, ended } = await measured(200, 10_000);

    const reports = nodes.map((node) => world.report(node));
    expect(ended).toBe(true);
    expect(reports.filter(({ outcome }) => outcome !== 'released')).toEqual([]);
    expect(world.calls()['ssm:SendCommand']).toBeLessThanOrEqual(30);
    expect(Math.max(...reports.map(({ transitions }) => transitions))).toBeLessThanOrEqual(8);
    expect(world.cloud.journal.filter(({ error }) => error?.startsWith('AccessDenied'))).toEqual([]);
  });
});

describe('5,000 nodes, launched within a minute', () => {
  it('all end as released', async () => {
    const { world, nodes, ended } = await measured(5_000, 60_000);

    expect(ended).toBe(true);
    const outcomes = new Map<string, number>();
    for (const node of nodes) {
      const { outcome } = world.report(node);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    expect(Object.fromEntries(outcomes)).toEqual({ released: 5_000 });
  });
});
