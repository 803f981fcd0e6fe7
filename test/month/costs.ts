import type { Simulation } from '../../packages/lab/simulation.ts';
import { VirtualClock } from '../../packages/local-aws/clock.ts';
import { counted, type Usage } from '../bench/costs/usage.ts';
import type { Pace } from './pace.ts';

/** How many passes are played to know what one uses while nothing moves. */
const samplePasses = 5;
const passMs = 2 * 60_000;

/** What AWS charges for the month. */
export class Costs {
  #events = 0;
  readonly #world: Simulation;
  readonly #pace: Pace;

  constructor(world: Simulation, pace: Pace) {
    this.#world = world;
    this.#pace = pace;
  }

  /** Counts what is only in the journal of calls, and empties that: it would not fit into the memory. */
  collect(): void {
    const { cloud } = this.#world;
    for (const { operation, input } of cloud.journal)
      if (operation === 'PutEvents') this.#events += (input as { Entries: unknown[] }).Entries.length;
    cloud.clearJournal();
  }

  /** What was used, with the passes that were left out: each as one of some that are played now. */
  async total(): Promise<Usage> {
    const before = this.#soFar();
    this.#pace.isWhole = true;
    const { clock, cloud, services } = this.#world;
    const from = this.#pace.passes;
    if (clock instanceof VirtualClock) await clock.run(() => false, clock.now() + samplePasses * passMs);
    const after = this.#soFar();
    const share = this.#pace.skipped.length / Math.max(1, this.#pace.passes - from);
    const used = Object.entries(before).map(([item, amount]) => {
      // Receives that find nothing go on whether passes come or not.
      const more = item === 'queue requests' ? 0 : ((after[item] ?? 0) - amount) * share;
      return [item, amount + more] as const;
    });
    const transitions = services.states.executions().reduce((sum, one) => sum + one.transitions, 0);
    const alarms = cloud.resources.filter(({ type }) => type === 'AWS::CloudWatch::Alarm').length;
    return { ...Object.fromEntries(used), 'state transitions': transitions, alarms };
  }

  #soFar(): Usage {
    this.collect();
    const usage = counted(this.#world);
    const polls = this.#world.services.mappings.emptyReceives;
    return { ...usage, events: this.#events, 'queue requests': (usage['queue requests'] ?? 0) + polls };
  }
}
