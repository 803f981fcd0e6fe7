import { describe, expect, it } from 'vitest';
import { pack } from '../../../domain/packed.ts';
import { nodesOf, rolloutSettingsOf } from '../../../domain/rollout/settings.ts';
import { parseConfig } from '../../../lib/config/load.ts';
import { fleetRolloutOf } from '../../../lib/config/rollout-settings.ts';
import { loadSettings } from '../../../lib/config/settings.ts';

const { catalogue } = loadSettings();

/** What reconcile reads if `airlock.yaml` has these lines too. */
function deployed(lines: string) {
  const fleet = fleetRolloutOf(
    parseConfig(`clusters: [{name: demo, instanceProfiles: [demo-nodes]}]\n${lines}`),
    catalogue,
  );
  if (fleet === null) throw new Error('there are no rollouts');
  return fleet;
}

describe('the rollout settings of a pool', () => {
  const fleet = deployed(`
rollout: {soak: 2h, maxUnavailable: 3, maxDisruptionWait: 1d, deadlines: {low: 7d, medium: 7d, high: 3d, critical: 3d}}
pools:
  - {name: builders, rollout: {maxUnavailable: "50%", maxDisruptionWait: 12h, waves: [2, "100%"]}}
  - {name: nightly, rollout: {soak: 10m, windows: [{from: "22:00", to: "04:15", days: [sat]}]}}
  - {name: plain}`);
  const { pools: _, ...usual } = fleet;

  it('are those of all pools, with the defaults of what airlock.yaml does not name', () => {
    expect(usual).toMatchObject({
      waves: [{ nodes: 1 }, { percent: 10 }, { percent: 50 }, { percent: 100 }],
      soakMinutes: 120,
      maxUnavailable: { nodes: 3 },
      maxDisruptionMinutes: 1_440,
    });
    for (const name of ['plain', 'other', '', 'constructor']) expect(rolloutSettingsOf(fleet, name)).toEqual(usual);
  });

  it('are its own if it has them, and only then', () => {
    expect(rolloutSettingsOf(fleet, 'builders')).toEqual({
      ...usual,
      waves: [{ nodes: 2 }, { percent: 100 }],
      maxUnavailable: { percent: 50 },
      maxDisruptionMinutes: 720,
    });
    expect(rolloutSettingsOf(fleet, 'nightly')).toEqual({
      ...usual,
      soakMinutes: 10,
      windows: [{ days: ['sat'], from: 88, to: 17, timeZone: 'UTC' }],
    });
  });

  it('have the deadlines of all pools', () => {
    expect(usual.deadlines.length).toBeGreaterThan(0);
    expect(rolloutSettingsOf(fleet, 'builders').deadlines).toEqual(usual.deadlines);
  });

  it('of fifty pools take less than half of what Lambda has room for', () => {
    const pools = Array.from({ length: 50 }, (_, at) => {
      const own = `waves: [${at + 1}, "100%"], soak: ${at + 5}m, maxUnavailable: "${at + 1}%", maxDisruptionWait: ${at + 1}h`;
      const window = '{from: "22:00", to: "04:00", timeZone: Europe/Berlin}';
      return `  - {name: team-${at}-sandboxed-workers, rollout: {${own}, windows: [${window}]}}`;
    });
    const text = pack({ rollout: deployed(`rollout: {}\npools:\n${pools.join('\n')}`) });
    expect(text.length).toBeLessThan(2_048);
  });

  it('are not deployed if no pool has its own', () => {
    expect(deployed('rollout: {}')).not.toHaveProperty('pools');
    expect(fleetRolloutOf(parseConfig('clusters: [{name: demo}]'), catalogue)).toBeNull();
  });
});

it('a share of a pool is at least one node', () => {
  expect(nodesOf({ percent: 10 }, 4, Math.floor)).toBe(1);
  expect(nodesOf({ percent: 50 }, 5, Math.ceil)).toBe(3);
  expect(nodesOf({ nodes: 7 }, 3, Math.floor)).toBe(7);
});
