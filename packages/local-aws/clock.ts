/** A timer that can be cancelled. */
export interface Timer {
  cancel(): void;
}

/**
 * Time in the local cloud: real for people, virtual for tests. Nothing under `packages/` reads the time or sets a timer
 * in any other way.
 */
export interface Clock {
  readonly kind: 'real' | 'virtual';
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `fire` once, `ms` milliseconds from now. */
  after(ms: number, fire: () => void): Timer;
  /** Resolves `ms` milliseconds from now. */
  sleep(ms: number): Promise<void>;
  /**
   * Marks real work as in progress (a process, a socket): virtual time stands still until the returned function is
   * called. It may be called more than once; only the first call counts.
   */
  hold(): () => void;
  /** Ends every timer; nothing fires after it. */
  stop(): void;
}

/** The machine's own clock. */
export class RealClock implements Clock {
  readonly kind = 'real';
  readonly #timers = new Set<NodeJS.Timeout>();

  now(): number {
    return Date.now();
  }

  after(ms: number, fire: () => void): Timer {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      fire();
    }, ms);
    this.#timers.add(timer);
    return {
      cancel: () => {
        this.#timers.delete(timer);
        clearTimeout(timer);
      },
    };
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  hold(): () => void {
    return () => {};
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}

/** The same time on a clock that is ahead by some milliseconds, or behind by a negative number. */
export function ahead(clock: Clock, ms: number): Clock {
  return {
    kind: clock.kind,
    now: () => clock.now() + ms,
    after: (wait, fire) => clock.after(wait, fire),
    sleep: (wait) => clock.sleep(wait),
    hold: () => clock.hold(),
    stop: () => clock.stop(),
  };
}

interface Pending {
  readonly at: number;
  readonly order: number;
  /** Undefined once cancelled, which releases the callback at once. */
  fire: (() => void) | undefined;
}

/**
 * How many turns of the event loop must pass without work in progress before time may jump. A promise chain through
 * streams needs a few turns although no work is counted; a jump in between would fire a timeout that could not have
 * fired.
 */
const quietTurns = 12;

/**
 * How many cancelled timers stay in the queue before it is rebuilt without them; rebuilding a short queue is not worth
 * the work.
 */
const cancelledKept = 1_000;

/** A clock that jumps to the next timer as soon as no work is in progress. */
export class VirtualClock implements Clock {
  readonly kind = 'virtual';
  #now: number;
  #order = 0;
  #held = 0;
  #activity = 0;
  #freed: (() => void)[] = [];
  #stopped = false;
  #pending: Pending[] = [];
  /** How many pending timers are cancelled; most timers are timeouts that are never reached. */
  #cancelled = 0;

  /** @param start the clock's start time, in milliseconds since the epoch */
  constructor(start: number = Date.parse('2026-11-21T09:00:00Z')) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, fire: () => void): Timer {
    const at = this.#now + Math.max(0, Math.ceil(ms));
    const entry: Pending = { at, order: this.#order++, fire };
    if (!this.#stopped) this.#push(entry);
    return { cancel: () => this.#cancel(entry) };
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  hold(): () => void {
    this.#held++;
    this.#activity++;
    let open = true;
    return () => {
      if (!open) return;
      open = false;
      this.#held--;
      this.#activity++;
      if (this.#held > 0) return;
      for (const resume of this.#freed.splice(0)) resume();
    };
  }

  stop(): void {
    this.#stopped = true;
    this.#pending = [];
    this.#cancelled = 0;
  }

  /**
   * Runs timers in order until `done` holds, or until nothing is left to happen.
   *
   * @param done checked before each jump
   * @param until the latest time to jump to, in milliseconds since the epoch
   * @returns whether `done` held at the end
   */
  async run(done: () => boolean, until = Number.POSITIVE_INFINITY): Promise<boolean> {
    for (;;) {
      await this.#quiet();
      if (done()) return true;
      const next = this.#pop(until);
      if (next === undefined) {
        if (Number.isFinite(until)) this.#now = Math.max(this.#now, until);
        return done();
      }
      this.#now = Math.max(this.#now, next.at);
      const { fire } = next;
      next.fire = undefined;
      fire?.();
    }
  }

  #cancel(entry: Pending): void {
    if (entry.fire === undefined) return;
    entry.fire = undefined;
    this.#cancelled++;
    if (this.#cancelled < cancelledKept || this.#cancelled < this.#pending.length / 2) return;
    const left = this.#pending.filter(({ fire }) => fire !== undefined);
    this.#pending = [];
    this.#cancelled = 0;
    for (const one of left) this.#push(one);
  }

  async #quiet(): Promise<void> {
    let seen = this.#activity;
    for (let turn = 0; turn < quietTurns; turn++) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      while (this.#held > 0) await new Promise<void>((resolve) => this.#freed.push(resolve));
      if (seen !== this.#activity) {
        seen = this.#activity;
        turn = 0;
      }
    }
  }

  #push(entry: Pending): void {
    const heap = this.#pending;
    let child = heap.push(entry) - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!this.#before(child, parent)) return;
      this.#swap(child, parent);
      child = parent;
    }
  }

  #pop(until: number): Pending | undefined {
    const heap = this.#pending;
    for (;;) {
      const top = heap[0];
      if (top === undefined || top.at > until) return undefined;
      const last = heap.pop();
      if (last !== undefined && heap.length > 0) {
        heap[0] = last;
        this.#sink();
      }
      if (top.fire !== undefined) return top;
      this.#cancelled--;
    }
  }

  #sink(): void {
    let parent = 0;
    for (;;) {
      let first = parent;
      for (const child of [2 * parent + 1, 2 * parent + 2]) {
        if (child < this.#pending.length && this.#before(child, first)) first = child;
      }
      if (first === parent) return;
      this.#swap(first, parent);
      parent = first;
    }
  }

  #before(a: number, b: number): boolean {
    const one = this.#pending[a];
    const other = this.#pending[b];
    if (one === undefined || other === undefined) return false;
    return one.at < other.at || (one.at === other.at && one.order < other.order);
  }

  #swap(a: number, b: number): void {
    const one = this.#pending[a];
    const other = this.#pending[b];
    if (one === undefined || other === undefined) return;
    this.#pending[a] = other;
    this.#pending[b] = one;
  }
}
