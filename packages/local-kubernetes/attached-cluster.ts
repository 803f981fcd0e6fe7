import { type RequestOptions, request } from 'node:https';
import { text } from 'node:stream/consumers';
import { KubeConfig } from '@kubernetes/client-node';
import type { Clock } from '../local-aws/clock.ts';
import type { Faults } from './faults.ts';
import type { StoredObject } from './object.ts';
import { asksForWatch, forwardWatch } from './real/forward-watch.ts';
import type { SecretOf } from './server/authenticate.ts';
import { type Asked, Front, type Reply } from './server/front.ts';
import { type AccessEntry, Identities } from './server/identities.ts';
import { ApiError } from './server/status.ts';

/** The kubeconfig leads to no usable cluster. The message names the file. */
export class KubeconfigRefused extends Error {
  override readonly name = 'KubeconfigRefused';
}

/** The options for attaching a running cluster. */
export interface AttachOptions {
  /** The path of the kubeconfig; its current context is used. */
  readonly kubeconfig: string;
  readonly clock: Clock;
  /** The cluster's name in the local EKS. */
  readonly clusterName: string;
  readonly secretOf: SecretOf;
}

/**
 * A running cluster behind a front in the local cloud. Functions call the front with an EKS token, and the front
 * forwards their requests to the cluster with the kubeconfig's identity.
 */
export class AttachedCluster {
  readonly endpoint: string;
  readonly caPem: string;
  readonly caBase64: string;
  readonly faults: Faults;
  readonly counts: Map<string, number>;
  /** The name of this backend in a run's report. */
  readonly backend: string;
  readonly #front: Front;
  readonly #identities: Identities;

  private constructor(front: Front, identities: Identities, upstream: Upstream) {
    this.#front = front;
    this.#identities = identities;
    this.endpoint = front.endpoint;
    this.caPem = front.caPem;
    this.caBase64 = Buffer.from(front.caPem).toString('base64');
    this.faults = front.faults;
    this.counts = front.counts;
    this.backend = `${upstream.server}, through the context ${upstream.context}`;
  }

  /** @throws KubeconfigRefused */
  static async start({ kubeconfig, clock, clusterName, secretOf }: AttachOptions): Promise<AttachedCluster> {
    const upstream = new Upstream(kubeconfig);
    const identities = new Identities(clusterName, [], secretOf);
    const carry = async ({ user, method, url, contentType, body }: Asked): Promise<Reply> => {
      if (user === undefined) throw new ApiError(401, 'Unauthorized', 'Unauthorized');
      return upstream.ask(method, `${url.pathname}${url.search}`, body, contentType);
    };
    return new AttachedCluster(await Front.start({ clock, identities, carry }), identities, upstream);
  }

  /** Grants a role access, like `AWS::EKS::AccessEntry`. */
  addAccessEntry(entry: AccessEntry): void {
    this.#identities.addAccessEntry(entry);
  }

  /** Revokes a role's access. */
  removeAccessEntry(principalArn: string): void {
    this.#identities.removeAccessEntry(principalArn);
  }

  stop(): Promise<void> {
    return this.#front.stop();
  }
}

/**
 * Every Node with a label in a kubeconfig's cluster.
 *
 * @throws KubeconfigRefused if the cluster does not answer, or does not let the kubeconfig's identity list Nodes
 */
export function nodesIn(kubeconfig: string, labelSelector: string): Promise<readonly StoredObject[]> {
  return new Upstream(kubeconfig).list(`/api/v1/nodes?labelSelector=${encodeURIComponent(labelSelector)}`);
}

/** A kubeconfig's cluster, with client certificates, tokens and plugins as kubectl reads them. */
class Upstream {
  readonly server: string;
  readonly context: string;
  readonly #path: string;
  readonly #config: KubeConfig;

  constructor(path: string) {
    this.#path = path;
    this.#config = new KubeConfig();
    try {
      this.#config.loadFromFile(path);
    } catch (cause) {
      throw new KubeconfigRefused(`${path}: cannot be read: ${(cause as Error).message}; accepted: a kubeconfig`, {
        cause,
      });
    }
    const cluster = this.#config.getCurrentCluster();
    this.context = this.#config.getCurrentContext() ?? '';
    if (!cluster?.server?.startsWith('https://')) {
      const seen = `the current context ${JSON.stringify(this.context)} leads to ${cluster?.server ?? 'no cluster'}`;
      throw new KubeconfigRefused(`${path}: ${seen}; accepted: a cluster at an https address`);
    }
    this.server = cluster.server.replace(/\/$/, '');
  }

  async ask(method: string, path: string, body: string, contentType: string): Promise<Reply> {
    const options: RequestOptions = { method, headers: { accept: 'application/json' } };
    await this.#config.applyToHTTPSOptions(options);
    return new Promise((resolve, reject) => {
      const outgoing = request(new URL(`${this.server}${path}`), {
        ...options,
        headers: {
          ...(options.headers as Record<string, string>),
          ...(body === '' ? {} : { 'content-type': contentType, 'content-length': Buffer.byteLength(body) }),
        },
      });
      outgoing.on('error', reject);
      outgoing.on('response', (response) => {
        if (asksForWatch(path)) {
          forwardWatch(response).then(resolve, reject);
          return;
        }
        const wait = response.headers['retry-after'];
        text(response).then(
          (content) => resolve({ code: response.statusCode ?? 0, body: content, retryAfter: wait }),
          reject,
        );
      });
      outgoing.end(body === '' ? undefined : body);
    });
  }

  async list(path: string): Promise<readonly StoredObject[]> {
    const answer = await this.ask('GET', path, '', '').catch((cause: Error) => {
      throw new KubeconfigRefused(`${this.#path}: ${this.server} does not answer: ${cause.message}`, { cause });
    });
    const { code, body } = { body: '', ...answer };
    if (code !== 200)
      throw new KubeconfigRefused(`${this.#path}: ${this.server} answers with status ${code}: ${body.slice(0, 300)}`);
    return JSON.parse(body).items;
  }
}
