import { FaultSite } from '../../packages/lab/faults.ts';
import type { Simulation } from '../../packages/lab/simulation.ts';
import type { SeededRandom } from '../faults/seeded-random.ts';
import { monthStart, type Outage, outages } from './calendar.ts';

/** How many of a hundred of AWS's events are lost, and how many of a hundred of all events arrive twice. */
const percent = { lost: 1, doubled: 1 };
/** How many of ten thousand calls of a function kill it, before they take effect or after. */
const deaths = 5;

/** What went wrong around Airlock. */
export interface Disturbed {
  lost: number;
  doubled: number;
  died: number;
}

/** Plants what goes wrong all month: events that are lost or come twice, functions that die, an API server that is down. */
export function disturb(world: Simulation, random: SeededRandom, outage: Outage): Disturbed {
  const disturbed: Disturbed = { lost: 0, doubled: 0, died: 0 };
  const site = new FaultSite(world, 'demo', () => random.int(1, 40));
  site.onDelivery(({ event }) => {
    // What PutEvents has accepted arrives at least once.
    if (event.source !== 'airlock' && random.chance(percent.lost / 100)) {
      disturbed.lost++;
      return [];
    }
    if (!random.chance(percent.doubled / 100)) return undefined;
    disturbed.doubled++;
    return [0, random.time(0, 60_000)];
  });
  const names = new Set(site.functions().map(({ settings }) => settings.environment['POWERTOOLS_SERVICE_NAME']));
  const die = ({ caller }: { caller: string }) => {
    if (!names.has(caller) || !random.chance(deaths / 20_000)) return undefined;
    disturbed.died++;
    return 'crash' as const;
  };
  site.onCall({ before: die, after: die });
  const [from, until] = [monthStart + outages[outage].from, monthStart + outages[outage].to];
  site.cluster.faults.plant(({ aws, now }) => aws && now >= from && now < until, { kind: 'status', code: 500 });
  return disturbed;
}
