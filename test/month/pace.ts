import type { Simulation } from '../../packages/lab/simulation.ts';

const minute = 60_000;

/** How long passes go on at their real rate after a run began or ended, in milliseconds. */
const movesForMs = 7 * minute;

/** How often a pass comes while nothing moves: if nodes wait for another version, and if none does, in milliseconds. */
const restingMs = { waiting: 20 * minute, done: 180 * minute };

/**
 * Leaves out passes of reconcile while nothing moves, so that a month takes minutes. While a run is under way, and for
 * seven minutes afterwards, they come at their real rate, every two minutes.
 */
export class Pace {
  /** When passes were left out, in milliseconds since the epoch. */
  readonly skipped: number[] = [];
  passes = 0;
  /** Whether no pass is left out any more. */
  isWhole = false;
  readonly #world: Simulation;
  #movedAt = Number.NEGATIVE_INFINITY;
  #passedAt = Number.NEGATIVE_INFINITY;
  #started = 0;
  readonly #isWaiting: () => boolean;

  /** @param isWaiting whether nodes wait for another version, and may be taken out now */
  constructor(world: Simulation, isWaiting: () => boolean) {
    this.#world = world;
    this.#isWaiting = isWaiting;
    world.onLaunch.push(() => this.stir());
  }

  /** Passes come at their real rate from now on. */
  stir(): void {
    this.#movedAt = this.#world.clock.now();
  }

  /** Takes over every schedule. It is called again after each deployment, which may have made others. */
  takeOver(): void {
    for (const schedule of this.#world.services.scheduler.schedules) {
      Object.defineProperty(schedule, 'enabled', { configurable: true, get: () => this.#isDue() });
    }
  }

  /** Called once for each time that a pass is due. */
  #isDue(): boolean {
    const { clock, services, cloud } = this.#world;
    const now = clock.now();
    const started = cloud.calls.get('states:StartExecution') ?? 0;
    if (services.states.running > 0 || started !== this.#started) this.#movedAt = now;
    this.#started = started;
    const isMoving = now - this.#movedAt < movesForMs;
    const restMs = this.#isWaiting() ? restingMs.waiting : restingMs.done;
    if (!isMoving && !this.isWhole && now - this.#passedAt < restMs) {
      this.skipped.push(now);
      return false;
    }
    this.#passedAt = now;
    this.passes++;
    return true;
  }
}
