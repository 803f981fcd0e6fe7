import { channel as realChannel } from 'node:diagnostics_channel';
import type { Host } from './host.ts';
import { withMembers } from './module-copy.ts';

let environments = 0;

/**
 * `diagnostics_channel` as code in an execution environment sees it. The channels of undici are this environment's own, so that each
 * request that undici has under way holds the clock: from its creation to its trailers, or to its error.
 */
export function diagnosticsModule(host: Host, real: object): object {
  const mark = `environment-${++environments}`;
  const releases = new WeakMap<object, () => void>();
  const own = (name: string | symbol) => {
    return realChannel(typeof name === 'string' && name.startsWith('undici:') ? `${name}#${mark}` : name);
  };
  const requestOf = (message: unknown) => (message as { request: object }).request;
  // Node keeps a channel for as long as it has a subscriber, and with it the whole environment and its cloud.
  const listen = (name: string, listener: (message: unknown) => void) => {
    const channel = own(name);
    channel.subscribe(listener);
    host.onDeath(() => channel.unsubscribe(listener));
  };
  const end = (message: unknown) => releases.get(requestOf(message))?.();
  listen('undici:request:create', (message) => releases.set(requestOf(message), host.hold()));
  listen('undici:request:trailers', end);
  listen('undici:request:error', end);
  return withMembers(real, { channel: own });
}
