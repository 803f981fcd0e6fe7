import { describe, expect, it } from 'vitest';
import { metricNamespace, metrics } from '../../domain/metrics.ts';
import { ModelledMachine } from '../../packages/lab/machines.ts';
import type { Simulation } from '../../packages/lab/simulation.ts';
import { type MetricValue, metricValues, runQuery } from '../../packages/local-aws/services.ts';
import { alarmsThatFired } from '../alarms.ts';
import { launch, pass, settle, startSimulation } from './scenario.ts';

function emitted(world: Simulation): readonly MetricValue[] {
  return metricValues(world.cloud.logs);
}

function named(world: Simulation, name: keyof typeof metrics): readonly MetricValue[] {
  return emitted(world).filter((one) => one.name === name);
}

/** How many rows each saved query finds in the logs of a run. Errors of functions are left out: there are none. */
function answersOf({ cloud: { logs } }: Simulation) {
  const queries = [...logs.queries.values()].filter(({ name }) => !name.includes('Errors'));
  return queries
    .map(({ name, groups, query }) => {
      const rows = runQuery(
        query,
        groups.flatMap((group) => logs.events(group)),
      );
      return { name: name.replace(/^.*\//, ''), rows: rows.length };
    })
    .toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

describe('metrics', () => {
  it('of a release are its end, its rate, its time and its phases, and no alarm fires', async () => {
    const world = await startSimulation();
    const node = await launch(world);
    await settle(world);

    const total = world.report(node).stages.at(-1)?.ms;
    const [ended] = named(world, 'LaunchEnded');
    expect(ended).toMatchObject({ namespace: metricNamespace, dimensions: { outcome: 'released' }, value: 1 });
    expect(named(world, 'ReleaseRate').map(({ value }) => value)).toEqual([100]);
    expect(named(world, 'LaunchToRelease').map(({ dimensions, value }) => [Object.keys(dimensions), value])).toEqual([
      [['cluster'], total],
      [['cluster', 'pool', 'runtime', 'version'], total],
    ]);
    const phases = named(world, 'PhaseTime');
    expect(phases.map(({ dimensions }) => dimensions['phase'])).toContain('agent online');
    expect(phases.reduce((sum, { value }) => sum + value, 0)).toBe(total);
    expect(alarmsThatFired(world)).toEqual([]);
  });

  it('of a failed launch fire the alarm of the release rate, and no other', async () => {
    const world = await startSimulation(['not-sandboxed']);
    await launch(world);
    await settle(world);

    expect(named(world, 'ReleaseRate').map(({ value }) => value)).toEqual([0]);
    expect(named(world, 'LaunchToRelease')).toEqual([]);
    await pass(world, 60_000);
    expect(alarmsThatFired(world)).toEqual(['ReleaseRate']);
  });

  it('of a breaker that opens fire its alarm, which goes on with each reconcile run', async () => {
    const world = await startSimulation([], async () => new ModelledMachine(['not-sandboxed']));
    for (let count = 0; count < 3; count++) {
      await launch(world);
      await settle(world);
    }
    const opened = named(world, 'BreakersOpen').length;
    await pass(world, 5 * 60_000);

    expect(opened).toBeGreaterThan(0);
    expect(named(world, 'BreakersOpen').length).toBeGreaterThan(opened);
    expect(alarmsThatFired(world)).toEqual(['BreakerOpen', 'ReleaseRate']);
    const found = answersOf(world);
    expect(found.filter(({ rows }) => rows === 0).map(({ name }) => name)).toEqual([
      'Nodes that drifted',
      'Nodes with an older version',
      'Release times by pool and version',
      'Slowest launches',
      'What operators did',
      'Why is a node gated',
    ]);
    const incidents = world.audit().filter((event) => event['detail-type'] === 'Incident Opened');
    expect(incidents.map(({ detail }) => 'incident' in detail && detail.incident.nodes)).toEqual([expect.any(Number)]);
  });

  it('are those of the list, with its dimensions', async () => {
    const world = await startSimulation(['not-sandboxed']);
    await launch(world);
    await settle(world);

    const values = emitted(world);
    expect(values.length).toBeGreaterThan(5);
    for (const { name, dimensions } of values) {
      const definition = Object.entries(metrics).find(([known]) => known === name)?.[1];
      const sets = definition?.dimensions.map((set) => set.toSorted());
      expect(sets, name).toEqual(expect.arrayContaining([Object.keys(dimensions).toSorted()]));
      const { service } = dimensions;
      if (service !== undefined) expect(definition?.emittedBy).toContain(service);
    }
  });
});
