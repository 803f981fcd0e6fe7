import { AsyncLocalStorage } from 'node:async_hooks';
import { promisify } from 'node:util';
import type { Timer } from '../clock.ts';
import type { Host } from './host.ts';

type Callback = (...args: unknown[]) => void;

/** A timer as Node shows it to code, on the cloud's clock. */
class LocalTimeout {
  readonly id: number;
  readonly #arm: (timeout: LocalTimeout) => void;
  readonly #drop: (timeout: LocalTimeout) => void;
  armed: Timer | undefined;

  constructor(id: number, arm: (timeout: LocalTimeout) => void, drop: (timeout: LocalTimeout) => void) {
    this.id = id;
    this.#arm = arm;
    this.#drop = drop;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return true;
  }

  refresh(): this {
    this.armed?.cancel();
    this.#arm(this);
    return this;
  }

  close(): this {
    this.#drop(this);
    return this;
  }

  [Symbol.toPrimitive](): number {
    return this.id;
  }

  [Symbol.dispose](): void {
    this.#drop(this);
  }
}

/**
 * The timers of one execution environment. They run on the cloud's clock; while the environment is frozen none fires,
 * and what came due fires when it thaws.
 */
export function timers(host: Host) {
  const open = new Map<number, LocalTimeout>();
  let next = 1;

  const drop = (timeout: LocalTimeout) => {
    timeout.armed?.cancel();
    open.delete(timeout.id);
  };
  host.onDeath(() => {
    for (const timeout of open.values()) drop(timeout);
  });

  const start = (callback: Callback, delay: unknown, args: unknown[], repeat: boolean): LocalTimeout => {
    const ms = Math.max(1, Number(delay) || 0);
    // The clock fires in its own context; Node's timers keep the one of their making.
    const bound = AsyncLocalStorage.bind(callback);
    const arm = (timeout: LocalTimeout) => {
      if (!host.alive) return;
      open.set(timeout.id, timeout);
      timeout.armed = host.clock.after(ms, () => void fire(timeout));
    };
    const fire = async (timeout: LocalTimeout) => {
      await host.thawed();
      if (open.get(timeout.id) !== timeout) return;
      if (repeat) arm(timeout);
      else open.delete(timeout.id);
      guarded(host, bound, args);
    };
    const timeout = new LocalTimeout(next++, arm, drop);
    arm(timeout);
    return timeout;
  };
  const clear = (timeout: unknown) => {
    const found = timeout instanceof LocalTimeout ? timeout : open.get(Number(timeout));
    if (found !== undefined) drop(found);
  };
  const sleep = (ms?: number, value?: unknown, { signal }: { signal?: AbortSignal } = {}) =>
    new Promise((resolve, reject) => {
      const abort = () => reject(signal?.reason);
      if (signal?.aborted) return abort();
      const timeout = start(() => resolve(value), ms, [], false);
      signal?.addEventListener('abort', () => {
        drop(timeout);
        abort();
      });
    });
  const immediately = (callback: Callback, ...args: unknown[]) => {
    const release = host.hold();
    return setImmediate(() => {
      release();
      if (host.alive) guarded(host, callback, args);
    });
  };

  const timeout = (callback: Callback, ms?: number, ...args: unknown[]) => start(callback, ms, args, false);
  Object.defineProperty(timeout, promisify.custom, { value: sleep });
  Object.defineProperty(immediately, promisify.custom, {
    value: (value: unknown) => new Promise((resolve) => immediately(() => resolve(value))),
  });
  return {
    globals: {
      setTimeout: timeout,
      clearTimeout: clear,
      setInterval: (callback: Callback, ms?: number, ...args: unknown[]) => start(callback, ms, args, true),
      clearInterval: clear,
      setImmediate: immediately,
      clearImmediate: (handle: unknown) => clearImmediate(handle as NodeJS.Immediate),
    },
    promises: {
      setTimeout: sleep,
      setImmediate: (value?: unknown) => new Promise((resolve) => immediately(() => resolve(value))),
      scheduler: { wait: (ms: number) => sleep(ms) },
    },
  };
}

function guarded(host: Host, callback: Callback, args: unknown[]): void {
  try {
    callback(...args);
  } catch (error) {
    host.uncaught(error);
  }
}
