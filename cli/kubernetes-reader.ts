import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { KubeConfig, type V1Status } from '@kubernetes/client-node';
import { at, listAt, textAt } from '../domain/doctor/templates/read.ts';
import { CouldNotLook } from './output/errors.ts';

/** How long the API server may take for an answer, in milliseconds. */
const patienceMs = 10_000;

/** The most objects on one page. */
const pageSize = 500;

/** What a request changes. */
interface KubernetesChange {
  readonly method?: 'GET' | 'PATCH';
  readonly contentType?: string;
  readonly body?: string;
}

/** Reads objects of a cluster with the user's own kubeconfig, and writes nothing. */
export class KubernetesReader {
  /** The context of the kubeconfig, as a finding names the cluster. */
  readonly context: string;
  readonly #config = new KubeConfig();
  readonly #server: string;

  /**
   * @param path another kubeconfig than kubectl would take
   * @throws CouldNotLook if it leads to no cluster
   */
  constructor(path?: string) {
    try {
      if (path === undefined) this.#config.loadFromDefault();
      else this.#config.loadFromFile(path);
    } catch (cause) {
      throw new CouldNotLook(`the kubeconfig cannot be read: ${(cause as Error).message}`, { cause });
    }
    this.context = this.#config.getCurrentContext() ?? '';
    const server = this.#config.getCurrentCluster()?.server ?? '';
    if (!server.startsWith('https://')) {
      const seen = `the current context ${JSON.stringify(this.context)} leads to ${server || 'no cluster'}`;
      throw new CouldNotLook(`${seen}; accepted: a kubeconfig whose current context has an https address`);
    }
    this.#server = server.replace(/\/$/, '');
  }

  /**
   * Every object of a collection, for instance `/apis/node.k8s.io/v1/runtimeclasses`.
   *
   * @param query narrows it, for instance by a `fieldSelector`
   * @returns undefined if the cluster does not know the kind
   * @throws CouldNotLook if the API server does not answer, or refuses
   */
  async list(path: string, query: Readonly<Record<string, string>> = {}): Promise<readonly unknown[] | undefined> {
    const found: unknown[] = [];
    let next: string | undefined;
    do {
      const paging = { limit: String(pageSize), ...(next === undefined ? {} : { continue: next }) };
      const { code, body } = await this.ask(`${path}?${new URLSearchParams({ ...query, ...paging })}`);
      if (code === 404) return undefined;
      if (code !== 200) throw this.refusalOf(`a list of ${path}`, { code, body });
      const page: unknown = JSON.parse(body);
      found.push(...listAt(page, 'items'));
      next = textAt(page, 'metadata', 'continue') || undefined;
    } while (next !== undefined);
    return found;
  }

  /**
   * One request with the user's credentials, whatever its answer.
   *
   * @throws CouldNotLook if the API server does not answer
   */
  protected async ask(
    path: string,
    { method = 'GET', contentType, body }: KubernetesChange = {},
  ): Promise<{ readonly code: number; readonly body: string }> {
    const content = contentType === undefined ? {} : { 'content-type': contentType };
    const headers = { accept: 'application/json', ...content };
    const options = { method, headers, signal: AbortSignal.timeout(patienceMs) };
    try {
      await this.#config.applyToHTTPSOptions(options);
      return await new Promise((resolve, reject) => {
        const outgoing = request(new URL(`${this.#server}${path}`), options, (response) => {
          text(response).then((answer) => resolve({ code: response.statusCode ?? 0, body: answer }), reject);
        });
        outgoing.on('error', reject).end(body);
      });
    } catch (cause) {
      throw new CouldNotLook(`${this.#server} does not answer: ${(cause as Error).message}`, { cause });
    }
  }

  /** The error for an answer that is not the one that was asked for. */
  protected refusalOf(what: string, { code, body }: { readonly code: number; readonly body: string }): CouldNotLook {
    return new CouldNotLook(`${this.#server} answers ${code} to ${what}: ${messageIn(body)}`);
  }
}

/** The API server's message in an error. */
function messageIn(body: string): string {
  try {
    return String(at(JSON.parse(body) as V1Status, 'message'));
  } catch {
    return body.slice(0, 200);
  }
}
