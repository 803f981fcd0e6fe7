import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { ModelledMachine } from '../../packages/lab/machines.ts';
import type { Simulation } from '../../packages/lab/simulation.ts';
import { launch, settle, startSimulation } from './scenario.ts';

interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly value: unknown;
}

/** Every metric that functions wrote to their logs in CloudWatch's embedded format, one entry for each set of dimensions. */
function emitted(world: Simulation): Metric[] {
  const lines = world.cloud.logs.groups.flatMap((group) => world.cloud.logs.events(group));
  return lines.flatMap(({ message }) => {
    if (!message.includes('"_aws"')) return [];
    const line = JSON.parse(message);
    // biome-ignore lint/suspicious/noExplicitAny: the embedded metric format is read as it is written
    return line._aws.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }: any) =>
      Dimensions.flatMap((names: string[]) =>
        Metrics.map(({ Name }: { Name: string }) => ({
          namespace: Namespace,
          name: Name,
          dimensions: Object.fromEntries(names.map((name) => [name, line[name]])),
          value: line[Name],
        })),
      ),
    );
  });
}

describe('metrics', () => {
  it('of a node that was not released are exactly those that the alarm watches', async () => {
    const world = await startSimulation(['not-sandboxed']);
    await launch(world);
    await settle(world);

    const template = JSON.parse(readFileSync(join(inject('assembly'), 'Airlock.template.json'), 'utf8'));
    // biome-ignore lint/suspicious/noExplicitAny: a template is read here in all its shapes
    const [alarm] = Object.entries<any>(template.Resources).filter(([id]) => id.startsWith('AlarmsNotReleased'));
    const { Namespace, MetricName, Dimensions, Threshold } = alarm?.[1].Properties ?? {};
    const watched = Object.fromEntries(
      Dimensions.map(({ Name, Value }: { Name: string; Value: string }) => [Name, Value]),
    );
    const [metric, ...others] = emitted(world).filter(({ name }) => name === MetricName);
    expect(others).toEqual([]);
    expect(metric).toMatchObject({ namespace: Namespace, dimensions: watched, value: 1 });
    expect(Threshold).toBeLessThan(1);
  });

  it('of a breaker that opens are exactly those that the alarm watches', async () => {
    const world = await startSimulation([], async () => new ModelledMachine(['not-sandboxed']));
    for (let count = 0; count < 3; count++) {
      await launch(world);
      await settle(world);
    }
    const template = JSON.parse(readFileSync(join(inject('assembly'), 'Airlock.template.json'), 'utf8'));
    // biome-ignore lint/suspicious/noExplicitAny: a template is read here in all its shapes
    const [alarm] = Object.entries<any>(template.Resources).filter(([id]) => id.startsWith('AlarmsBreakerOpened'));
    const { Namespace, MetricName, Dimensions } = alarm?.[1].Properties ?? {};
    const watched = Object.fromEntries(
      Dimensions.map(({ Name, Value }: { Name: string; Value: string }) => [Name, Value]),
    );
    expect(emitted(world).filter(({ name }) => name === MetricName)).toEqual([
      { namespace: Namespace, name: 'BreakerOpened', dimensions: watched, value: 1 },
    ]);
  });

  it("report each end by its outcome, and the run's duration", async () => {
    const world = await startSimulation();
    const node = await launch(world);
    await settle(world);

    const ends = emitted(world).filter(({ name }) => name === 'NodeEnded' || name === 'LaunchToEnd');
    const total = world.report(node).stages.at(-1)?.ms;
    expect(ends.map(({ name, dimensions, value }) => [name, dimensions['outcome'], value])).toEqual([
      ['NodeEnded', 'released', 1],
      ['LaunchToEnd', undefined, total],
    ]);
    expect(emitted(world).some(({ name }) => name === 'NodeNotReleased')).toBe(false);
  });
});
