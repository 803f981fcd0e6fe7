import { AsyncLocalStorage } from 'node:async_hooks';
import type { Host } from './host.ts';

const inside = new AsyncLocalStorage<Host>();
let listening = false;

/**
 * Runs code as a part of an environment: a promise that it leaves rejected ends that environment, as it ends the runtime's process, and
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
  // Node only ends the process for what no one listens to, and this listener must not hide the rejections of others.
  if (process.listenerCount('unhandledRejection') === 1) throw reason;
}
