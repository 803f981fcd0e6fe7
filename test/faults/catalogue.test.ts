import { describe, expect, inject, it } from 'vitest';
import { readResult } from '../../domain/result.ts';
import { alarmTable } from '../../lib/alarm-table.ts';
import { parseConfig } from '../../lib/config/load.ts';
import { faultOf, faults, isMachineFault, namedFaultNames, plantFaults } from '../../packages/lab/faults.ts';
import { FaultyMachine, ModelledMachine, recordings } from '../../packages/lab/machines.ts';
import { karpenterNode } from '../../packages/lab/simulation.ts';
import { VirtualClock } from '../../packages/local-aws/clock.ts';
import { alarmsThatFired } from '../alarms.ts';
import { startPrepared } from '../scenarios/prepared.ts';
import { canRing, mustRing, onlyTogether } from './expected-alarms.ts';

const cluster = 'demo';
const gate = 'airlock.dev/bootstrap';
/** The deadline and what reconcile may need after it, in milliseconds. */
const patienceMs = 60 * 60_000;

/** How long until the alarms are evaluated after the last work, in milliseconds. */
const evaluationMs = 60_000;

/** How a launch ends under a fault that is planted by its name, and which alarms ring. */
async function endUnder(name: string): Promise<{ readonly outcome: string; readonly alarms: readonly string[] }> {
  const world = await startPrepared(inject('prepared'), {
    machine: async () => new FaultyMachine(new ModelledMachine()),
  });
  try {
    const site = plantFaults([name], world, cluster);
    const node = await world.launch(site.plan(karpenterNode(cluster, gate)));
    await world.settle(patienceMs);
    const { clock } = world;
    if (clock instanceof VirtualClock) await clock.run(() => false, clock.now() + evaluationMs);
    return { outcome: world.report(node).outcome, alarms: alarmsThatFired(world) };
  } finally {
    await world.stop();
  }
}

/** Those that a launch does not survive, and the first of each kind: the matrix plays them all. */
const played = namedFaultNames.filter((name, at, all) => {
  if (isMachineFault(name)) return false;
  const isFirst = all.findIndex((other) => faults[other]?.kind === faults[name]?.kind) === at;
  return isFirst || faults[name]?.ends !== undefined;
});

describe('a launch under a fault ends as the catalogue states, and rings the alarms that it must', () => {
  it.each(played)('%s', async (name) => {
    const fault = faultOf(name);
    const { outcome, alarms } = await endUnder(name);
    expect(outcome).toBe(fault.ends ?? 'released');
    expect(alarms).toEqual(mustRing(name));
  });
});

describe('the table of faults and alarms', () => {
  const all = alarmTable(parseConfig('clusters: [{name: demo}]\ntargets: {releaseSeconds: 60}')).map(
    ({ name }) => name,
  );
  const explained = Object.keys(onlyTogether);

  it('explains every alarm that no fault must ring by itself', () => {
    const rung = Object.keys(faults).flatMap(mustRing);
    const possible = all.filter((alarm) => Object.keys(faults).some((name) => canRing(name, alarm)));
    expect(all.filter((name) => ![...rung, ...possible, ...explained].includes(name))).toEqual([]);
    expect(explained.filter((name) => ![...all, 'ClusterFailing'].includes(name))).toEqual([]);
  });

  it('lets no fault that heals ring the alarms of failing launches', () => {
    for (const name of Object.keys(faults).filter((one) => faults[one]?.heals === true)) {
      expect(mustRing(name)).not.toContain('ReleaseRate');
      for (const alarm of ['ReleaseRate', 'BreakerOpen', 'GatedTooLong']) expect(canRing(name, alarm)).toBe(false);
    }
  });
});

describe('an installation on a machine with a fault ends as the catalogue states', () => {
  it.each(namedFaultNames.filter(isMachineFault))('%s', (name) => {
    const recorded = recordings().answers[name]?.find(({ verb }) => verb === 'install');
    const read = readResult(recorded?.stdout ?? '');
    const outcome = read.ok ? read.result.outcome : read.reason;
    expect(outcome).toBe(faults[name]?.ends ?? 'installed');
  });
});
