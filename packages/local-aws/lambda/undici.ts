import { type Channel, channel as realChannel } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { silences } from '../silences.ts';
import { streams } from '../streams.ts';
import type { Host } from './host.ts';
import { withMembers } from './module-copy.ts';

let environments = 0;

/** A request in undici's channels. */
interface Request {
  readonly path: string;
}

/** The parts of undici's channel messages that are used. */
interface Message {
  readonly request: Request;
  /** Names and values alternate. */
  readonly response?: { readonly headers: readonly Uint8Array[] };
  readonly chunk?: Uint8Array;
  readonly socket?: Socket;
}

/**
 * `diagnostics_channel` for code in an execution environment. Undici's channels are separate for each environment, so that each
 * of its requests in progress holds the clock.
 */
export function diagnosticsModule(host: Host, real: object): object {
  const mark = `environment-${++environments}`;
  const own = (name: string | symbol) => {
    return realChannel(typeof name === 'string' && name.startsWith('undici:') ? `${name}#${mark}` : name);
  };
  holdRequests(host, own);
  return withMembers(real, { channel: own });
}

/**
 * Lets each request of an undici hold the clock: from its creation to its trailers, or to its error. That of a watch of
 * Kubernetes holds it until its answer begins; from there on each piece of the answer does, from the server on ({@link
 * streams}).
 *
 * @param channel gives the channels of that undici
 */
export function holdRequests(host: Pick<Host, 'hold' | 'onDeath'>, channel: (name: string) => Channel): void {
  const releases = new WeakMap<Request, () => void>();
  const watches = new WeakMap<Request, string>();
  const forgets = new WeakMap<Request, () => void>();
  const ports = new WeakMap<Request, number>();
  // Node keeps a channel as long as it has a subscriber, and with it the whole environment and its cloud.
  const listen = (name: string, listener: (message: Message) => void) => {
    const heard = channel(`undici:${name}`);
    const subscriber = (message: unknown) => listener(message as Message);
    heard.subscribe(subscriber);
    host.onDeath(() => heard.unsubscribe(subscriber));
  };
  const end = ({ request }: Pick<Message, 'request'>) => {
    releases.get(request)?.();
    forgets.get(request)?.();
    const id = watches.get(request);
    if (id !== undefined) streams.ended(id);
    const port = ports.get(request);
    if (port !== undefined) silences.ended(port);
  };
  listen('request:create', ({ request }) => void releases.set(request, host.hold()));
  listen('client:sendHeaders', ({ request, socket }) => {
    const port = socket?.localPort;
    const letGo = releases.get(request);
    if (port !== undefined && letGo !== undefined) {
      ports.set(request, port);
      silences.sent(port, letGo);
    }
    if (!isWatch(request)) return;
    // Nothing more is sent, so the server would not see otherwise that the process is gone.
    const die = () => {
      socket?.destroy();
      end({ request });
    };
    forgets.set(request, host.onDeath(die));
  });
  listen('request:headers', ({ request, response }) => {
    const id = isWatch(request) ? headerOf(response?.headers ?? [], 'audit-id') : undefined;
    if (id === undefined) return;
    watches.set(request, id);
    releases.get(request)?.();
  });
  listen('request:bodyChunkReceived', ({ request, chunk }) => {
    const id = watches.get(request);
    if (id !== undefined) streams.received(id, chunk?.byteLength ?? 0);
  });
  listen('request:trailers', end);
  listen('request:error', end);
}

function isWatch({ path }: Request): boolean {
  return /[?&]watch=(true|1)(&|$)/.test(path);
}

function headerOf(headers: readonly Uint8Array[], wanted: string): string | undefined {
  const texts = headers.map((one) => Buffer.from(one).toString());
  const at = texts.findIndex((text, index) => index % 2 === 0 && text.toLowerCase() === wanted);
  return at < 0 ? undefined : texts[at + 1];
}
