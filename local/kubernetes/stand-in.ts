import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Clock } from '../clock.ts';
import type { SecretOf } from './authenticate.ts';
import type { User } from './authorize.ts';
import { serverCertificate } from './certificate.ts';
import { type Fault, Faults, type RequestInfo } from './faults.ts';
import { type AccessEntry, Identities } from './identities.ts';
import { endNamespaces } from './namespaces.ts';
import type { StoredObject } from './object.ts';
import { apply, carryOut, NotServed, unknownPath } from './request.ts';
import { parsePath, resources, type Target } from './resources.ts';
import { ApiError } from './status.ts';
import { Store } from './store.ts';

/** What a cluster is made of. */
export interface StandInOptions {
  readonly clock: Clock;
  readonly clusterName: string;
  readonly accessEntries: readonly AccessEntry[];
  readonly secretOf: SecretOf;
  /** Objects that are applied before the first request. */
  readonly manifests: readonly unknown[];
  /** How long a new admission policy takes to be in force, in milliseconds; at once unless told. */
  readonly hearsayMs?: number;
}

/**
 * A Kubernetes API server as far as Airlock, a kubelet and an autoscaler use one, over real TLS on loopback: tokens, RBAC,
 * NodeRestriction, JSON Patch, versions and validation by the real server's rules. What it does not serve it refuses by name, and
 * {@link KubernetesStandIn.refusals} remembers that.
 */
export class KubernetesStandIn {
  /** How a run names this lane. */
  readonly lane = 'stand-in';
  readonly endpoint: string;
  readonly caPem: string;
  /** The certificate authority as EKS gives it: base64 of the PEM. */
  readonly caBase64: string;
  readonly faults = new Faults();
  /** How often AWS roles made each request: `kubernetes:patch nodes`. */
  readonly counts = new Map<string, number>();
  /** Requests for something that the stand-in does not serve. */
  readonly refusals: string[] = [];
  readonly #clock: Clock;
  readonly #store: Store;
  readonly #identities: Identities;
  readonly #server: Server;

  private constructor(options: StandInOptions, server: Server, caPem: string) {
    this.#clock = options.clock;
    this.#store = new Store(options.clock, options.hearsayMs);
    endNamespaces(this.#store, options.clock);
    this.#identities = new Identities(options.clusterName, options.accessEntries, options.secretOf);
    this.#server = server;
    this.caPem = caPem;
    this.caBase64 = Buffer.from(caPem).toString('base64');
    this.endpoint = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    for (const name of ['default', 'kube-system'])
      this.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    for (const manifest of options.manifests) this.apply(manifest);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      void this.#serve(request, response);
    });
  }

  /** Starts a cluster on a free port of 127.0.0.1. */
  static async start(options: StandInOptions): Promise<KubernetesStandIn> {
    const { ca, certificate, key } = await serverCertificate();
    const server = createServer({ cert: certificate, key });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new KubernetesStandIn(options, server, ca);
  }

  /** Applies an object as an administrator would. */
  apply(object: unknown): void {
    apply(this.#store, object);
  }

  /** Lets a role in, as `AWS::EKS::AccessEntry` does. */
  addAccessEntry(entry: AccessEntry): void {
    this.#identities.addAccessEntry(entry);
  }

  /** Lets a role in no longer. */
  removeAccessEntry(principalArn: string): void {
    this.#identities.removeAccessEntry(principalArn);
  }

  /** Every object of a kind, for instance `ClusterRole`. */
  objects(kind: string): readonly StoredObject[] {
    const resource = resources.find((one) => one.kind === kind);
    return resource === undefined ? [] : this.#all(resource.name);
  }

  /** A bearer token for a kubelet, an autoscaler or an administrator. */
  tokenFor(user: string, groups: readonly string[]): string {
    return this.#identities.tokenFor(user, groups);
  }

  /** Every Node, by name. */
  nodes(): readonly StoredObject[] {
    return this.#all('nodes');
  }

  /** One Node, or undefined. */
  node(name: string): StoredObject | undefined {
    return this.nodes().find(({ metadata }) => metadata.name === name);
  }

  /** Every pod. */
  pods(): readonly StoredObject[] {
    return this.#all('pods');
  }

  /** Tells of each pod that is bound to a node when it is made, changed or gone; gives back how to end that. */
  watchPods(nodeName: string, listener: (pod: StoredObject, gone: boolean) => void): () => void {
    return this.#store.watch((resource, object, gone) => {
      if (resource.name === 'pods' && object.spec?.nodeName === nodeName) listener(object, gone);
    });
  }

  /** Tells of each Node when it is made or changed; gives back how to end that. */
  watchNodes(listener: (node: StoredObject) => void): () => void {
    return this.#store.watch((resource, object, gone) => {
      if (resource.name === 'nodes' && !gone) listener(object);
    });
  }

  /** Every Event. */
  events(): readonly StoredObject[] {
    return this.#all('events');
  }

  /** Ends the server and every connection to it. */
  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #all(name: string): readonly StoredObject[] {
    const resource = resources.find((one) => one.name === name);
    return resource === undefined ? [] : this.#store.list(resource, '', () => true).items;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const release = this.#clock.hold();
    response.once('close', release);
    try {
      const body = await text(request);
      await this.#answer(request, body, response);
    } catch (error) {
      send(response, error instanceof ApiError ? error : new ApiError(500, 'InternalError', String(error)));
    }
  }

  async #answer(request: IncomingMessage, body: string, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.endpoint);
    const target = parsePath(url.pathname);
    const user = await this.#identities.identify(request.headers.authorization, this.#clock.now());
    const verb = target === undefined ? 'unknown' : verbOf(request.method ?? '', target, url.searchParams);
    this.#count(user, verb, target);
    const faults = this.faults.take(this.#info(user, verb, target));
    if (await this.#strike(faults, response)) return;
    if (user === undefined) throw new ApiError(401, 'Unauthorized', 'Unauthorized');
    try {
      if (target === undefined) throw unknownPath(`${request.method} ${url.pathname}`);
      const contentType = (request.headers['content-type'] ?? '').split(';')[0] ?? '';
      const parsed = parseBody(body);
      const answer = carryOut(this.#store, {
        user,
        verb,
        target,
        query: url.searchParams,
        contentType,
        body: parsed,
        now: this.#clock.now(),
      });
      const cut = faults.find((fault) => fault.kind === 'drop');
      if (cut === undefined) send(response, answer);
      else cutOff(response, JSON.stringify(answer.body), cut.when === 'mid-answer');
    } catch (error) {
      if (error instanceof NotServed) this.refusals.push(`${request.method} ${request.url}: ${error.message}`);
      throw error;
    }
  }

  /** Lets faults happen that come before the request is carried out; says whether one of them ended it. */
  async #strike(faults: readonly Fault[], response: ServerResponse): Promise<boolean> {
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

  #count(user: User | undefined, verb: string, target: Target | undefined): void {
    if (user?.aws === false) return;
    const name = `kubernetes:${verb} ${target === undefined ? 'unknown' : fullName(target)}`;
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  #info(user: User | undefined, verb: string, target: Target | undefined): RequestInfo {
    return {
      user: user?.name ?? '',
      aws: user?.aws ?? true,
      verb,
      resource: target === undefined ? '' : fullName(target),
      namespace: target?.namespace ?? '',
      name: target?.name,
      now: this.#clock.now(),
    };
  }
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

function parseBody(body: string): unknown {
  try {
    return body === '' ? undefined : JSON.parse(body);
  } catch {
    throw new ApiError(400, 'BadRequest', 'the object provided is unrecognized: it is no JSON');
  }
}

function planted(code: 401 | 403 | 429 | 500 | 503, retryAfterSeconds: number | undefined): ApiError {
  const reasons = {
    401: ['Unauthorized', 'Unauthorized'],
    403: ['Forbidden', 'forbidden: planted'],
    429: ['TooManyRequests', 'the server has received too many requests and has asked us to try again later'],
    500: ['InternalError', 'an error on the server ("") has prevented the request from succeeding'],
    503: ['ServiceUnavailable', 'the server is currently unable to handle the request'],
  } as const;
  const [reason, message] = reasons[code];
  return new ApiError(code, reason, message, undefined, retryAfterSeconds);
}

function send(response: ServerResponse, answer: ApiError | { readonly code: number; readonly body: unknown }): void {
  const body = JSON.stringify(answer instanceof ApiError ? answer.status() : answer.body);
  const wait = answer instanceof ApiError ? answer.retryAfter : undefined;
  response.writeHead(answer.code, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...(wait === undefined ? {} : { 'retry-after': String(wait) }),
  });
  response.end(body);
}

/** The request was carried out, but its answer does not arrive, or half of it does. */
function cutOff(response: ServerResponse, body: string, half: boolean): void {
  if (!half) {
    response.destroy();
    return;
  }
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.write(body.slice(0, Math.floor(body.length / 2)), () => response.destroy());
}
