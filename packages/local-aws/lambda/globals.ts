import type { Host } from './host.ts';
import { isLoopback, notFound, timedOut } from './network.ts';

type Timers = { readonly setTimeout: (callback: () => void, ms: number) => unknown };

/** The cloud's clock as a function reads it: in whole milliseconds. */
function wholeMs({ clock }: Host): number {
  return Math.floor(clock.now());
}

/** `Date` on the cloud's clock; its objects are ordinary dates. */
export function dateOn(host: Host): DateConstructor {
  return new Proxy(Date, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [wholeMs(host)] : args, newTarget) as object,
    apply: () => new Date(host.clock.now()).toString(),
    get: (target, key, receiver) => (key === 'now' ? () => wholeMs(host) : Reflect.get(target, key, receiver)),
  });
}

/** `performance` on the cloud's clock. */
export function performanceOn(host: Host): object {
  const origin = host.clock.now();
  return new Proxy(performance, {
    get: (target, key) => {
      if (key === 'now') return () => host.clock.now() - origin;
      if (key === 'timeOrigin') return origin;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** `AbortSignal` with timeouts on the cloud's clock. */
export function abortSignalOn(timers: Timers): typeof AbortSignal {
  const timeout = (ms: number) => {
    const controller = new AbortController();
    const expired = () => new DOMException('The operation was aborted due to timeout', 'TimeoutError');
    timers.setTimeout(() => controller.abort(expired()), ms);
    return controller.signal;
  };
  return new Proxy(AbortSignal, {
    get: (target, key, receiver) => (key === 'timeout' ? timeout : Reflect.get(target, key, receiver)),
  });
}

/** `fetch`, limited to this machine; it holds the clock until the answer's head arrives. */
export function fetchOn(host: Host): typeof fetch {
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (!isLoopback(url.hostname)) throw new TypeError('fetch failed', { cause: notFound(url.hostname) });
    const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
    if (!host.reaches(url.hostname, port)) throw new TypeError('fetch failed', { cause: timedOut(url.hostname, port) });
    const release = host.hold();
    try {
      const response = await fetch(input, init);
      return new Response(await response.arrayBuffer(), response);
    } finally {
      release();
    }
  };
}

/** `globalThis` of one environment: it writes its own properties, and reads others from the process. */
export function globalObject(own: Record<PropertyKey, unknown>): typeof globalThis {
  const proxy: typeof globalThis = new Proxy(own, {
    get: (target, key) => {
      if (key === 'globalThis' || key === 'global') return proxy;
      return key in target ? target[key] : Reflect.get(globalThis, key, globalThis);
    },
    has: (target, key) => key in target || key in globalThis,
    set: (target, key, value) => {
      target[key] = value;
      return true;
    },
  }) as never;
  return proxy;
}
