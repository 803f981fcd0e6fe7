import type { Clock } from '../local-aws/clock.ts';
import type { ServerCertificate } from './certificate.ts';
import type { Faults } from './faults.ts';
import type { StoredObject } from './object.ts';
import type { SecretOf } from './server/authenticate.ts';
import { type Asked, Front, type Reply } from './server/front.ts';
import { type AccessEntry, Identities } from './server/identities.ts';
import { endNamespaces } from './server/namespaces.ts';
import { apply, carryOut, NotServed, unknownPath } from './server/request.ts';
import { resources } from './server/resources.ts';
import { ApiError } from './server/status.ts';
import { Store } from './server/store.ts';

/** A cluster's options. */
export interface StandInOptions {
  readonly clock: Clock;
  readonly clusterName: string;
  readonly accessEntries: readonly AccessEntry[];
  readonly secretOf: SecretOf;
  /** Objects that are applied before the first request. */
  readonly manifests: readonly unknown[];
  /** How long a new admission policy takes to apply, in milliseconds; 0 by default. */
  readonly propagationDelayMs?: number;
  /** The server's certificate; by default one that no other cluster has. */
  readonly certificate?: ServerCertificate;
}

/**
 * A Kubernetes API server for a controller, a kubelet and an autoscaler, over real TLS on loopback. Tokens, RBAC,
 * NodeRestriction, JSON Patch, versions and validation follow the real server's rules. It refuses unsupported requests
 * by name, and {@link KubernetesStandIn.refusals} records them.
 */
export class KubernetesStandIn {
  /** The name of this backend in a run's report. */
  readonly backend = 'stand-in';
  readonly endpoint: string;
  readonly caPem: string;
  /** The certificate authority in EKS's format: the PEM in base64. */
  readonly caBase64: string;
  readonly faults: Faults;
  /** How often AWS roles made each request: `kubernetes:patch nodes`. */
  readonly counts: Map<string, number>;
  /** Requests that the stand-in does not support. */
  readonly refusals: readonly string[];
  readonly #store: Store;
  readonly #identities: Identities;
  readonly #front: Front;
  /** By node name: a pool has a listener for each of its nodes. */
  readonly #podListeners = new Map<string, Set<(pod: StoredObject, gone: boolean) => void>>();

  private constructor(store: Store, identities: Identities, front: Front, refusals: string[]) {
    this.#store = store;
    this.#identities = identities;
    this.#front = front;
    store.watch((resource, object, gone) => {
      if (resource.name === 'pods') this.#tellOfPod(object, gone);
    });
    this.refusals = refusals;
    this.faults = front.faults;
    this.counts = front.counts;
    this.caPem = front.caPem;
    this.caBase64 = Buffer.from(front.caPem).toString('base64');
    this.endpoint = front.endpoint;
  }

  /** Starts a cluster on a free port of 127.0.0.1. */
  static async start(options: StandInOptions): Promise<KubernetesStandIn> {
    const { clock, clusterName, accessEntries, secretOf, manifests, propagationDelayMs, certificate } = options;
    const store = new Store(clock, propagationDelayMs);
    endNamespaces(store, clock);
    const identities = new Identities(clusterName, accessEntries, secretOf);
    const refusals: string[] = [];
    for (const name of ['default', 'kube-system']) {
      apply(store, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    }
    for (const manifest of manifests) apply(store, manifest);
    const carry = async (asked: Asked) => carried(store, asked, clock.now(), refusals);
    const front = await Front.start({ certificate, clock, identities, carry });
    return new KubernetesStandIn(store, identities, front, refusals);
  }

  /** Applies an object like an administrator. */
  apply(object: unknown): void {
    apply(this.#store, object);
  }

  /** Grants a role access, like `AWS::EKS::AccessEntry`. */
  addAccessEntry(entry: AccessEntry): void {
    this.#identities.addAccessEntry(entry);
  }

  /** Revokes a role's access. */
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
    const resource = resources.find((one) => one.kind === 'Node');
    return resource && this.#store.find(resource, '', name);
  }

  /** Every pod. */
  pods(): readonly StoredObject[] {
    return this.#all('pods');
  }

  /**
   * Calls the listener for each existing pod bound to a node, and for each that is created, changed or gone. Returns a
   * function that stops it.
   */
  watchPods(nodeName: string, listener: (pod: StoredObject, gone: boolean) => void): () => void {
    for (const pod of this.#all('pods', (one) => one.spec?.nodeName === nodeName)) listener(pod, false);
    const listeners = this.#podListeners.get(nodeName) ?? new Set();
    this.#podListeners.set(nodeName, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  /** Calls the listener for each Node that is created or changed. Returns a function that stops it. */
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
  stop(): Promise<void> {
    return this.#front.stop();
  }

  #all(name: string, matches: (object: StoredObject) => boolean = () => true): readonly StoredObject[] {
    const resource = resources.find((one) => one.name === name);
    return resource === undefined ? [] : this.#store.list(resource, '', matches).items;
  }

  #tellOfPod(pod: StoredObject, gone: boolean): void {
    for (const listener of this.#podListeners.get(pod.spec?.nodeName ?? '') ?? []) listener(pod, gone);
  }
}

function carried(store: Store, asked: Asked, now: number, refusals: string[]): Reply {
  const { user, verb, target, url, method, contentType, body } = asked;
  if (user === undefined) throw new ApiError(401, 'Unauthorized', 'Unauthorized');
  try {
    if (target === undefined) throw unknownPath(`${method} ${url.pathname}`);
    const query = url.searchParams;
    const answer = carryOut(store, { user, verb, target, query, contentType, body: parseBody(body), now });
    return 'stream' in answer ? answer : { code: answer.code, body: JSON.stringify(answer.body) };
  } catch (error) {
    if (error instanceof NotServed) refusals.push(`${method} ${url.pathname}${url.search}: ${error.message}`);
    throw error;
  }
}

function parseBody(body: string): unknown {
  try {
    return body === '' ? undefined : JSON.parse(body);
  } catch {
    throw new ApiError(400, 'BadRequest', 'the object provided is unrecognized: it is not JSON');
  }
}
