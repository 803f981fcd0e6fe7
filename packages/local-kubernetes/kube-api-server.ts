import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import type { Clock } from '../local-aws/clock.ts';
import { type Answered, ask, type Connection, messageOf } from './client.ts';
import type { Faults } from './faults.ts';
import type { StoredObject } from './object.ts';
import { ControlPlane } from './real/control-plane.ts';
import { asksForWatch, forwardWatch } from './real/forward-watch.ts';
import { TokenReviewer } from './real/token-review.ts';
import type { SecretOf } from './server/authenticate.ts';
import { type Asked, Front, type Reply } from './server/front.ts';
import { type AccessEntry, Identities } from './server/identities.ts';
import { resourceOfKind } from './server/resources.ts';

/** How often a node's pods are read, in milliseconds. */
const pollIntervalMs = 200;

/** The options of a cluster on a real API server. */
export interface KubeApiServerOptions {
  /** The folder with `etcd` and `kube-apiserver`. */
  readonly assets: string;
  readonly clock: Clock;
  readonly clusterName: string;
  readonly accessEntries: readonly AccessEntry[];
  readonly secretOf: SecretOf;
  /** Objects that are applied before the first request. */
  readonly manifests: readonly unknown[];
}

/**
 * A real kube-apiserver with its etcd, behind a front that counts requests and applies planted faults. Everything else
 * is the real server's own answer. A webhook reviews tokens by EKS's rules.
 */
export class KubeApiServer {
  readonly endpoint: string;
  readonly caPem: string;
  readonly faults: Faults;
  readonly counts: Map<string, number>;
  /** Always empty: the real server serves everything. */
  readonly refusals: readonly string[] = [];
  readonly #clock: Clock;
  readonly #identities: Identities;
  readonly #front: Front;
  readonly #reviewer: TokenReviewer;
  readonly #plane: ControlPlane;
  readonly #admin: Connection;

  private constructor(
    clock: Clock,
    identities: Identities,
    front: Front,
    reviewer: TokenReviewer,
    plane: ControlPlane,
  ) {
    this.#clock = clock;
    this.#identities = identities;
    this.#front = front;
    this.#reviewer = reviewer;
    this.#plane = plane;
    this.#admin = adminOf(plane, identities, clock);
    this.endpoint = front.endpoint;
    this.caPem = front.caPem;
    this.faults = front.faults;
    this.counts = front.counts;
  }

  static async start(options: KubeApiServerOptions): Promise<KubeApiServer> {
    const { clock, clusterName, accessEntries, secretOf, assets, manifests } = options;
    const identities = new Identities(clusterName, accessEntries, secretOf);
    const reviewer = await TokenReviewer.start(identities, clock);
    const token = identities.tokenFor('local-tests', ['system:masters']);
    const plane = await ControlPlane.start(assets, reviewer.kubeconfig, token).catch(async (error: unknown) => {
      await reviewer.stop();
      throw error;
    });
    const carry = (asked: Asked) => forward(plane, clock, asked);
    const front = await Front.start({ clock, identities, carry });
    const server = new KubeApiServer(clock, identities, front, reviewer, plane);
    await server.#account('default');
    for (const manifest of manifests) await server.apply(manifest);
    return server;
  }

  /** The name of this backend in a run's report. */
  get backend(): string {
    return `kube-apiserver (${this.#plane.version}) with etcd`;
  }

  /** Applies an object with server-side apply, as an administrator. */
  async apply(object: unknown): Promise<void> {
    const { apiVersion, kind, metadata } = object as StoredObject;
    const resource = resourceOfKind(apiVersion, kind);
    if (resource === undefined) throw new Error(`unknown kind: ${apiVersion} ${kind}`);
    const root = resource.group === '' ? '/api/v1' : `/apis/${apiVersion}`;
    const space = resource.namespaced ? `/namespaces/${metadata.namespace ?? 'default'}` : '';
    const path = `${root}${space}/${resource.name}/${metadata.name}?fieldManager=local-tests&force=true`;
    const answer = await ask(this.#admin, 'PATCH', path, object, 'application/apply-patch+yaml');
    if (answer.code !== 200 && answer.code !== 201) throw new Error(`${kind} ${metadata.name}: ${messageOf(answer)}`);
    if (kind === 'Namespace') await this.#account(metadata.name);
  }

  /** A bearer token for a kubelet, an autoscaler or an administrator. */
  tokenFor(user: string, groups: readonly string[]): string {
    return this.#identities.tokenFor(user, groups);
  }

  nodes(): Promise<readonly StoredObject[]> {
    return this.#all('/api/v1/nodes');
  }

  async node(name: string): Promise<StoredObject | undefined> {
    return (await this.nodes()).find(({ metadata }) => metadata.name === name);
  }

  pods(): Promise<readonly StoredObject[]> {
    return this.#all('/api/v1/pods');
  }

  events(): Promise<readonly StoredObject[]> {
    return this.#all('/api/v1/events');
  }

  /**
   * Calls the listener for each pod bound to a node that is created, changed or gone. Returns a function that stops it.
   */
  watchPods(nodeName: string, listener: (pod: StoredObject, gone: boolean) => void): () => void {
    let known = new Map<string, StoredObject>();
    let watching = true;
    const look = async () => {
      const seen = await this.#all(`/api/v1/pods?fieldSelector=spec.nodeName=${encodeURIComponent(nodeName)}`);
      if (!watching) return;
      const now = new Map(seen.map((pod) => [pod.metadata.uid, pod]));
      for (const [uid, pod] of now) {
        if (known.get(uid)?.metadata.resourceVersion !== pod.metadata.resourceVersion) listener(pod, false);
      }
      for (const [uid, pod] of known) if (!now.has(uid)) listener(pod, true);
      known = now;
      this.#clock.after(pollIntervalMs, () => void look().catch(() => undefined));
    };
    void look().catch(() => undefined);
    return () => {
      watching = false;
    };
  }

  /** Ends the processes and deletes their data. */
  async stop(): Promise<void> {
    await this.#front.stop();
    await this.#plane.stop();
    await this.#reviewer.stop();
  }

  /**
   * The controller that creates a namespace's `default` account does not run here, and without the account no pod is
   * admitted.
   */
  async #account(namespace: string): Promise<void> {
    const body = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } };
    const answer = await ask(this.#admin, 'POST', `/api/v1/namespaces/${namespace}/serviceaccounts`, body);
    if (answer.code !== 201 && answer.code !== 409) throw new Error(messageOf(answer));
  }

  async #all(path: string): Promise<readonly StoredObject[]> {
    const answer = await ask(this.#admin, 'GET', path);
    if (answer.code !== 200) throw new Error(messageOf(answer));
    return (answer.body as { readonly items: readonly StoredObject[] }).items;
  }
}

function adminOf({ endpoint, caPem }: ControlPlane, identities: Identities, clock: Clock): Connection {
  return { endpoint, caPem, clock, token: identities.tokenFor('local-tests', ['system:masters']) };
}

async function forward({ endpoint, caPem }: ControlPlane, clock: Clock, asked: Asked): Promise<Reply> {
  const token = asked.authorization?.replace(/^Bearer /i, '');
  const connection = { endpoint, caPem, clock, ...(token === undefined ? {} : { token }) };
  const body = asked.body === '' ? undefined : JSON.parse(asked.body);
  const method = asked.method as Parameters<typeof ask>[1];
  const path = `${asked.url.pathname}${asked.url.search}`;
  if (asksForWatch(path)) {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const outgoing = request(new URL(path, endpoint), { ca: caPem, headers });
      outgoing.on('response', resolve).on('error', reject).end();
    });
    return await forwardWatch(response);
  }
  const answer: Answered = await ask(connection, method, path, body, asked.contentType || undefined);
  const wait = answer.headers['retry-after'];
  return {
    code: answer.code,
    body: answer.body === undefined ? '' : JSON.stringify(answer.body),
    retryAfter: typeof wait === 'string' ? wait : undefined,
  };
}
