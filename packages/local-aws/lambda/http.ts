import http from 'node:http';
import https from 'node:https';
import { Readable, Writable } from 'node:stream';
import type { WireResponse } from '../gateway/wire.ts';
import type { Host } from './host.ts';
import { withMembers } from './module-copy.ts';
import { isLoopback, notFound, timedOut } from './network.ts';

interface Options {
  readonly host?: string;
  readonly hostname?: string;
  readonly port?: number | string;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly signal?: AbortSignal;
}

/** Whether the cloud itself answers a host, in memory. */
function isAws(host: string): boolean {
  return /(^|\.)(amazonaws\.com|api\.aws)$/.test(host);
}

/** The socket of a request that never leaves the process, as far as HTTP clients use it. */
function socket() {
  const methods = [
    'setKeepAlive',
    'setNoDelay',
    'setTimeout',
    'on',
    'once',
    'off',
    'removeListener',
    'destroy',
    'ref',
    'unref',
  ];
  const made: Record<string, unknown> = { connecting: false, encrypted: true, authorized: true };
  for (const name of methods) made[name] = () => made;
  return made;
}

/** An answer, like `http.IncomingMessage`. */
class Answer extends Readable {
  readonly statusCode: number;
  readonly statusMessage: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly rawHeaders: readonly string[];
  readonly httpVersion = '1.1';
  complete = false;

  constructor({ status, headers, body }: WireResponse) {
    super({
      read: () => {
        if (this.complete) return;
        this.complete = true;
        if (body.byteLength > 0) this.push(Buffer.from(body));
        this.push(null);
      },
    });
    this.statusCode = status;
    this.statusMessage = http.STATUS_CODES[status] ?? '';
    this.headers = headers;
    this.rawHeaders = Object.entries(headers).flat();
  }
}

/** A request to an AWS host, or to an unreachable one, like `http.ClientRequest`. */
class Request extends Writable {
  readonly socket = socket();
  readonly #headers: Record<string, string> = {};
  readonly #chunks: Buffer[] = [];
  readonly #options: Options;
  readonly #host: Host;
  readonly #failure: Error | undefined;
  aborted = false;

  /** @param failure the error with which the request ends in place of an answer */
  constructor(host: Host, options: Options, failure?: Error) {
    super({ autoDestroy: false });
    this.#host = host;
    this.#failure = failure;
    this.#options = options;
    for (const [name, value] of Object.entries(options.headers ?? {})) this.setHeader(name, value);
    options.signal?.addEventListener('abort', () => this.destroy(options.signal?.reason as Error), { once: true });
    process.nextTick(() => this.emit('socket', this.socket));
  }

  get method(): string {
    return this.#options.method ?? 'GET';
  }

  get path(): string {
    return this.#options.path ?? '/';
  }

  setHeader(name: string, value: unknown): this {
    this.#headers[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : String(value);
    return this;
  }

  getHeader(name: string): string | undefined {
    return this.#headers[name.toLowerCase()];
  }

  removeHeader(name: string): void {
    delete this.#headers[name.toLowerCase()];
  }

  setTimeout(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setSocketKeepAlive(): this {
    return this;
  }

  flushHeaders(): void {}

  abort(): void {
    this.aborted = true;
    this.destroy();
  }

  override _write(chunk: Buffer | string, encoding: BufferEncoding, done: () => void): void {
    this.#chunks.push(typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk);
    done();
  }

  override _final(done: () => void): void {
    done();
    void this.#send();
  }

  async #send(): Promise<void> {
    if (this.#failure !== undefined) {
      this.destroy(this.#failure);
      return;
    }
    const { hostname, host } = this.#options;
    const [path = '/', query = ''] = split(this.path);
    try {
      const response = await this.#host.handle({
        method: this.method,
        host: hostOf(hostname ?? host ?? ''),
        path,
        query: readQuery(query),
        headers: this.#headers,
        body: Buffer.concat(this.#chunks),
      });
      if (this.destroyed) return;
      const answer = new Answer(response);
      answer.once('close', () => this.destroy());
      this.emit('response', answer);
    } catch (error) {
      this.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  }
}

function split(path: string): [string, string] {
  const mark = path.indexOf('?');
  return mark < 0 ? [path, ''] : [path.slice(0, mark), path.slice(mark + 1)];
}

function hostOf(host: string): string {
  return host.replace(/:\d+$/, '');
}

function readQuery(query: string): Record<string, string | readonly string[]> {
  const read: Record<string, string | readonly string[]> = {};
  const params = new URLSearchParams(query);
  for (const key of new Set(params.keys())) {
    const values = params.getAll(key);
    read[key] = values.length === 1 ? (values[0] ?? '') : values;
  }
  return read;
}

type OnResponse = (response: unknown) => void;

/**
 * `http` and `https` for code in an execution environment: AWS hosts and those of the cloud's internet are answered in memory, loopback uses a real socket and
 * holds the clock, and there are no other hosts.
 */
export function httpModules(host: Host): { readonly http: object; readonly https: object } {
  const make = (real: typeof http | typeof https, protocol: string) => {
    const request = (first: unknown, second?: unknown, third?: unknown) => {
      const callback = [second, third].find((one) => typeof one === 'function') as OnResponse | undefined;
      const options = { ...target(first), ...(typeof second === 'object' ? (second as Options) : {}) };
      const name = hostOf(options.hostname ?? options.host ?? 'localhost');
      const port = Number(options.port ?? (protocol === 'https:' ? 443 : 80));
      const isInMemory = isAws(name) || host.serves(name);
      if ((isInMemory || isLoopback(name)) && !host.reaches(name, port)) {
        return new Request(host, options, timedOut(name, port));
      }
      if (isInMemory) return inMemory(new Request(host, options), callback);
      if (isLoopback(name))
        return overSocket(host, real.request({ ...options, protocol } as http.RequestOptions), callback);
      return new Request(host, options, notFound(name));
    };
    const get = (...args: Parameters<typeof request>) => {
      const started = request(...args);
      started.end();
      return started;
    };
    return withMembers(real, { request, get });
  };
  return { http: make(http, 'http:'), https: make(https, 'https:') };
}

function target(first: unknown): Options {
  if (typeof first !== 'string' && !(first instanceof URL)) return first as Options;
  const { hostname, port, pathname, search } = new URL(first);
  return { hostname, port, path: `${pathname}${search}` };
}

function inMemory(request: Request, callback: OnResponse | undefined): Request {
  if (callback !== undefined) request.once('response', callback);
  return request;
}

function overSocket(host: Host, request: http.ClientRequest, callback: OnResponse | undefined): http.ClientRequest {
  if (callback !== undefined) request.once('response', callback);
  const release = host.hold();
  const forget = host.onDeath(() => request.destroy());
  request.once('close', () => {
    release();
    forget();
  });
  return request;
}
