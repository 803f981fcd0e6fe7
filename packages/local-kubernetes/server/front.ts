import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Clock } from '../../local-aws/clock.ts';
import { silences } from '../../local-aws/silences.ts';
import { streams } from '../../local-aws/streams.ts';
import { type ServerCertificate, serverCertificate } from '../certificate.ts';
import { type Fault, Faults, type RequestInfo } from '../faults.ts';
import type { User } from './authorize.ts';
import type { Identities } from './identities.ts';
import { parsePath, type Target } from './resources.ts';
import { ApiError } from './status.ts';
import type { Sink, Stream, WatchEvent } from './watch.ts';

/** One request as it arrived, and what the front knows about it. */
export interface Asked {
  readonly method: string;
  readonly url: URL;
  readonly authorization: string | undefined;
  readonly contentType: string;
  readonly body: string;
  /** Undefined if the token is rejected. */
  readonly user: User | undefined;
  readonly verb: string;
  /** Undefined if the stand-in does not serve the path. */
  readonly target: Target | undefined;
}

/** The answer: JSON, or the stream of a watch. */
export type Reply =
  | { readonly code: number; readonly body: string; readonly retryAfter?: string | undefined }
  | { readonly code: 200; readonly stream: Stream };

/** A front's options. */
export interface FrontOptions {
  /** By default a certificate that no other front has. */
  readonly certificate?: ServerCertificate | undefined;
  readonly clock: Clock;
  readonly identities: Identities;
  /** Carries a request out. Throws {@link ApiError} if the request is refused. */
  readonly carry: (asked: Asked) => Promise<Reply>;
}

/** The port of an API server on loopback, over TLS. It counts the requests of AWS roles, and applies planted faults. */
export class Front {
  readonly endpoint: string;
  readonly caPem: string;
  readonly faults = new Faults();
  /** How often AWS roles made each request: `kubernetes:patch nodes`. */
  readonly counts = new Map<string, number>();
  readonly #options: FrontOptions;
  readonly #server: Server;

  private constructor(options: FrontOptions, server: Server, caPem: string) {
    this.#options = options;
    this.#server = server;
    this.caPem = caPem;
    this.endpoint = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      void this.#serve(request, response);
    });
  }

  /** Opens a free port of 127.0.0.1. */
  static async start(options: FrontOptions): Promise<Front> {
    const { ca, certificate, key } = options.certificate ?? (await serverCertificate());
    // Idle connections stay open: real seconds mean nothing while the clients' time is virtual.
    const server = createServer({ cert: certificate, key, keepAliveTimeout: 0 });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Front(options, server, ca);
  }

  /** Ends the server and every connection to it. */
  async stop(): Promise<void> {
    // One that is still in its handshake is none yet that the server could close.
    this.#server.on('secureConnection', (socket) => socket.destroy());
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const release = this.#options.clock.hold();
    response.once('close', release);
    try {
      const body = await text(request);
      // A watch holds the clock during each of its pieces, but not while it waits for the next.
      if ((await this.#answer(request, body, response)) === 'stream') release();
    } catch (error) {
      send(response, refusal(error instanceof ApiError ? error : new ApiError(500, 'InternalError', String(error))));
    }
  }

  async #answer(request: IncomingMessage, body: string, response: ServerResponse): Promise<'stream' | 'whole'> {
    const { clock, identities, carry } = this.#options;
    const { authorization } = request.headers;
    const url = new URL(request.url ?? '/', this.endpoint);
    const method = request.method ?? '';
    const target = parsePath(url.pathname);
    const user = await identities.identify(authorization, clock.now());
    const verb = target === undefined ? 'unknown' : verbOf(method, target, url.searchParams);
    this.#count(user, verb, target);
    const faults = this.faults.take(infoOf(user, verb, target, clock.now()));
    const port = request.socket.remotePort;
    if (faults.some(({ kind }) => kind === 'silence') && port !== undefined) {
      silences.begin(port);
      // Nothing holds the clock for an answer that never arrives.
      return 'stream';
    }
    if (await strike(faults, response)) return 'whole';
    const contentType = (request.headers['content-type'] ?? '').split(';')[0] ?? '';
    const reply = await carry({ method, url, authorization, contentType, body, user, verb, target });
    if ('stream' in reply) {
      follow(response, reply.stream, faults, clock);
      return 'stream';
    }
    const cut = faults.find((fault) => fault.kind === 'drop');
    if (cut === undefined) send(response, reply);
    else cutOff(response, reply.body, cut.when === 'mid-answer');
    return 'whole';
  }

  #count(user: User | undefined, verb: string, target: Target | undefined): void {
    if (user?.aws === false) return;
    const name = `kubernetes:${verb} ${target === undefined ? 'unknown' : fullName(target)}`;
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }
}

function infoOf(user: User | undefined, verb: string, target: Target | undefined, now: number): RequestInfo {
  return {
    user: user?.name ?? '',
    aws: user?.aws ?? true,
    verb,
    resource: target === undefined ? '' : fullName(target),
    namespace: target?.namespace ?? '',
    name: target?.name,
    now,
  };
}

/** Applies the faults that come before the request is carried out. Returns whether one of them ended it. */
async function strike(faults: readonly Fault[], response: ServerResponse): Promise<boolean> {
  for (const fault of faults) {
    if (fault.kind === 'meanwhile') await fault.run();
    if (fault.kind === 'delay') await new Promise((resolve) => setTimeout(resolve, fault.realMs));
    if (fault.kind === 'drop' && fault.when === 'before') {
      response.destroy();
      return true;
    }
    if (fault.kind === 'status') throw planted(fault.code, fault.retryAfterSeconds);
  }
  return false;
}

function fullName({ resource, subresource }: Target): string {
  return subresource === undefined ? resource.name : `${resource.name}/${subresource}`;
}

function verbOf(method: string, { name }: Target, query: URLSearchParams): string {
  const one = name !== undefined;
  if (method === 'GET') return query.get('watch') === null ? (one ? 'get' : 'list') : 'watch';
  const verbs: Readonly<Record<string, string>> = one
    ? { PUT: 'update', PATCH: 'patch', DELETE: 'delete' }
    : { POST: 'create', DELETE: 'deletecollection' };
  return verbs[method] ?? method.toLowerCase();
}

function planted(code: 401 | 403 | 410 | 429 | 500 | 503, retryAfterSeconds: number | undefined): ApiError {
  const reasons = {
    401: ['Unauthorized', 'Unauthorized'],
    403: ['Forbidden', 'forbidden: planted'],
    410: ['Expired', 'too old resource version: 1 (2)'],
    429: ['TooManyRequests', 'the server has received too many requests and has asked us to try again later'],
    500: ['InternalError', 'an error on the server ("") has prevented the request from succeeding'],
    503: ['ServiceUnavailable', 'the server is currently unable to handle the request'],
  } as const;
  const [reason, message] = reasons[code];
  return new ApiError(code, reason, message, undefined, retryAfterSeconds);
}

function refusal(error: ApiError): Answer {
  const retryAfter = error.retryAfter === undefined ? undefined : String(error.retryAfter);
  return { code: error.code, body: JSON.stringify(error.status()), retryAfter };
}

type Answer = Exclude<Reply, { stream: Stream }>;

function send(response: ServerResponse, { code, body, retryAfter }: Answer): void {
  response.writeHead(code, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...(retryAfter === undefined ? {} : { 'retry-after': retryAfter }),
  });
  response.end(body);
}

/** The request was carried out, but none or only half of its answer arrives. */
function cutOff(response: ServerResponse, body: string, half: boolean): void {
  if (!half) {
    response.destroy();
    return;
  }
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.write(body.slice(0, Math.floor(body.length / 2)), () => response.destroy());
}

/** Answers a watch, piece by piece. Holds the clock while a piece is on its way, and at the end. */
function follow(response: ServerResponse, stream: Stream, faults: readonly Fault[], clock: Clock): void {
  const id = randomUUID();
  response.writeHead(200, { 'content-type': 'application/json', 'audit-id': id });
  response.flushHeaders();
  const cut = faults.find((fault) => fault.kind === 'drop');
  const sink: Sink = {
    send(event) {
      if (response.writableEnded || response.destroyed) return;
      const line = `${JSON.stringify(event)}\n`;
      if (cut === undefined) {
        streams.sent(id, Buffer.byteLength(line), clock.hold());
        response.write(line);
      } else {
        if (cut.when === 'mid-answer') response.write(line.slice(0, line.length / 2));
        response.destroy();
      }
    },
    end() {
      if (response.writableEnded) return;
      // No client counts this byte; it ends the stream when the end arrives.
      streams.sent(id, 1, clock.hold());
      response.end();
    },
  };
  const stop = stream(sink, clock);
  const timers = faults.flatMap((fault) =>
    fault.kind === 'watch-ends' ? [clock.after(fault.afterMs, () => endEarly(sink, fault.how))] : [],
  );
  response.once('close', () => {
    stop();
    for (const timer of timers) timer.cancel();
    if (!response.writableFinished) streams.ended(id);
  });
}

function endEarly(sink: Sink, how: 'expired' | 'closed'): void {
  const expired: WatchEvent = {
    type: 'ERROR',
    object: new ApiError(410, 'Expired', 'too old resource version: 1 (2)').status(),
  };
  if (how === 'expired') sink.send(expired);
  sink.end();
}
