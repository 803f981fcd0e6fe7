import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
// The package's entry point also loads fetch, caches, proxies and mocks. These two files are half of its code.
import request from 'undici/lib/api/api-request.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import { type ApiAnswer, failureOf, failureOfAnswer, Unreachable } from './kubernetes-errors.ts';

/** The address of a cluster, and the token for it. */
export interface KubernetesOptions {
  /** `https://…`, as EKS returns it. */
  readonly endpoint: string;
  /** The cluster's certificate authority, PEM. No other is trusted. */
  readonly caPem: string;
  readonly token: string;
  /** The time after which a request counts as unanswered, in milliseconds. */
  readonly requestTimeoutMs?: number;
  /** Ends every current and later request when the time of the whole call is up. */
  readonly signal?: AbortSignal;
}

/** One request to the Kubernetes API. */
export interface ApiRequest {
  /** Default: GET. */
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** For instance `/api/v1/nodes`. */
  readonly path: string;
  /** Undefined values are omitted. */
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: object;
  /** The type of the body. Default: `application/json`. */
  readonly contentType?: string;
}

/** How requests reach one API server. */
export interface ApiOptions extends KubernetesOptions {
  /**
   * Whether each request has its own connection: an API has several servers behind its address, and a connection
   * reaches only one of them.
   */
  readonly reset?: boolean;
}

/**
 * Connections to the API of one cluster, over TLS and with a bearer token. Every method throws one of the classes in
 * `kubernetes-errors.ts`.
 */
export class KubernetesRequests {
  readonly #options: ApiOptions;
  readonly #timeoutMs: number;
  readonly #agent: Agent;

  constructor(options: ApiOptions) {
    this.#options = options;
    this.#timeoutMs = options.requestTimeoutMs ?? 8_000;
    this.#agent = new Agent({ connect: { ca: options.caPem, timeout: this.#timeoutMs } });
  }

  /** Sends a request and reads its whole answer, with any status. */
  async send(asked: ApiRequest): Promise<ApiAnswer> {
    const { statusCode, headers, body } = await this.#request(asked, this.inTime());
    return { code: statusCode, headers: flat(headers), body: await textOf(body) };
  }

  /** Sends a request and returns the object in its answer. */
  async ask(asked: ApiRequest): Promise<unknown> {
    return objectIn(await this.send(asked));
  }

  /** Sends a request and returns its answer as a stream. */
  async open(asked: ApiRequest, signal: AbortSignal): Promise<Readable> {
    const { statusCode, headers, body } = await this.#request(asked, signal);
    if (statusCode === 200) return body;
    throw failureOfAnswer({ code: statusCode, headers: flat(headers), body: await textOf(body) });
  }

  /** Creates a signal that ends a request when it takes too long or the time of the call is up. */
  inTime(): AbortSignal {
    const timeout = AbortSignal.timeout(this.#timeoutMs);
    const { signal } = this.#options;
    return signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
  }

  /** Ends the connections. */
  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #request(asked: ApiRequest, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const { method = 'GET', path, query = {}, body, contentType = 'application/json' } = asked;
    const { endpoint, token, reset = false } = this.#options;
    const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const { origin, pathname } = new URL(endpoint);
    const root = pathname.replace(/\/$/, '');
    try {
      return await request.call(this.#agent, {
        origin,
        path: `${root}${path}${given.length > 0 ? `?${new URLSearchParams(given)}` : ''}`,
        method,
        signal,
        reset,
        headers: {
          authorization: `Bearer ${token}`,
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': contentType }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (error) {
      throw failureOf(error);
    }
  }
}

/** Returns the object in an answer. Throws the class for its status if there is none. */
export function objectIn(answer: ApiAnswer): unknown {
  if (answer.code >= 300) throw failureOfAnswer(answer);
  return parseJson(answer.body);
}

/** Reads what the API sent as JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Unreachable('the answer is not valid JSON', 0, { cause });
  }
}

async function textOf(body: Readable): Promise<string> {
  try {
    return Buffer.concat(await body.toArray()).toString();
  } catch (error) {
    throw failureOf(error);
  }
}

function flat(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
