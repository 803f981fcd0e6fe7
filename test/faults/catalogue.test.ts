import { describe, expect, inject, it } from 'vitest';
import { readResult } from '../../domain/result.ts';
import { faults, isMachineFault, namedFaultNames, plantFaults } from '../../packages/lab/faults.ts';
import { FaultyMachine, ModelledMachine, recordings } from '../../packages/lab/machines.ts';
import { karpenterNode, startModelled } from '../../packages/lab/simulation.ts';

const cluster = 'demo';
const gate = 'airlock.dev/bootstrap';
/** The deadline and what reconcile may need after it, in milliseconds. */
const patienceMs = 60 * 60_000;

/** How a launch ends under a fault that is planted by its name. */
async function endUnder(name: string): Promise<string> {
  const world = await startModelled(inject('assembly'), {
    machine: async () => new FaultyMachine(new ModelledMachine()),
  });
  try {
    const site = plantFaults([name], world, cluster);
    const node = await world.launch(site.plan(karpenterNode(cluster, gate)));
    await world.settle(patienceMs);
    return world.report(node).outcome;
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

describe('a launch under a fault ends as the catalogue states', () => {
  it.each(played)('%s', async (name) => {
    expect(await endUnder(name)).toBe(faults[name]?.ends ?? 'released');
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
