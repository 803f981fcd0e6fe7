import { AsyncLocalStorage } from 'node:async_hooks';
import type { Host } from './host.ts';

const inside = new AsyncLocalStorage<Host>();
let listening = false;

/**
 * Runs code as part of an environment: an unhandled rejection ends that environment, like the runtime's process, and
 * not this process.
 */
export function runInside<T>(host: Host, run: () => T): T {
  if (!listening) {
    listening = true;
    process.on('unhandledRejection', onRejection);
  }
  return inside.run(host, run);
}

function onRejection(reason: unknown): void {
  const host = inside.getStore();
  if (host !== undefined) {
    const error = new Error(reason instanceof Error ? `${reason.name}: ${reason.message}` : String(reason));
    host.uncaught(Object.assign(error, { name: 'Runtime.UnhandledPromiseRejection' }));
    return;
  }
  // Node ends the process only for unhandled rejections, and this listener must not hide those of other code.
  if (process.listenerCount('unhandledRejection') === 1) throw reason;
}
