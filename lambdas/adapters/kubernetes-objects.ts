import { Agent, request } from 'undici';
import { fieldManager } from '../../domain/kubernetes.ts';
import type { KubernetesOptions } from './kubernetes.ts';
import { failureOf, failureOfAnswer, NotFound, UnexpectedAnswer } from './kubernetes-errors.ts';

/** An object of the API, as far as it is known by its address. */
export interface Addressed {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string | undefined };
}

/** What the cluster says of an object beside its content. */
export interface Live {
  /** Who owns a field of it, by the names that they gave themselves. */
  readonly managers: readonly string[];
}

/** A pod that asks for a RuntimeClass. */
export interface UsingPod {
  readonly namespace: string;
  readonly name: string;
}

/** The kinds that Airlock applies, as addresses name them. */
const plurals: Readonly<Record<string, string>> = {
  ClusterRole: 'clusterroles',
  ClusterRoleBinding: 'clusterrolebindings',
  Namespace: 'namespaces',
  Role: 'roles',
  RoleBinding: 'rolebindings',
  RuntimeClass: 'runtimeclasses',
  ValidatingAdmissionPolicy: 'validatingadmissionpolicies',
  ValidatingAdmissionPolicyBinding: 'validatingadmissionpolicybindings',
};

/** The size of a page of pods. */
const pageSize = 500;

/** Objects of any kind in a cluster: what the preparation of one needs. Every method throws one of the classes in `kubernetes-errors.ts`. */
export class KubernetesObjects {
  readonly #endpoint: string;
  readonly #token: string;
  readonly #agent: Agent;
  readonly #timeoutMs: number;

  constructor({ endpoint, caPem, token, requestTimeoutMs = 10_000 }: KubernetesOptions) {
    this.#endpoint = endpoint;
    this.#token = token;
    this.#timeoutMs = requestTimeoutMs;
    this.#agent = new Agent({ connect: { ca: caPem, timeout: requestTimeoutMs } });
  }

  /**
   * Applies an object by server-side apply.
   *
   * @param force whether to take fields over that somebody else owns with another value; without it that is a `Conflict`
   */
  async apply(object: Addressed, { force = false, dryRun = false } = {}): Promise<void> {
    const query = `?fieldManager=${fieldManager}&force=${force}${dryRun ? '&dryRun=All' : ''}`;
    await this.#ask('PATCH', `${pathOf(object)}${query}`, object);
  }

  /** Reads an object; undefined where there is none. */
  async read(object: Addressed): Promise<Live | undefined> {
    try {
      const { metadata } = (await this.#ask('GET', pathOf(object))) as {
        metadata?: { managedFields?: readonly { manager?: string }[] };
      };
      return { managers: (metadata?.managedFields ?? []).map(({ manager = '' }) => manager) };
    } catch (error) {
      if (error instanceof NotFound) return undefined;
      throw error;
    }
  }

  /** Asks for the deletion of an object; one that is gone already is well. */
  async remove(object: Addressed): Promise<void> {
    try {
      await this.#ask('DELETE', pathOf(object));
    } catch (error) {
      if (!(error instanceof NotFound)) throw error;
    }
  }

  /** The pods that ask for a RuntimeClass and have not ended, in all namespaces. */
  async podsWith(runtimeClass: string): Promise<readonly UsingPod[]> {
    const found: UsingPod[] = [];
    let next = '';
    do {
      const page = (await this.#ask('GET', `/api/v1/pods?limit=${pageSize}${next}`)) as PodList;
      for (const { metadata, spec, status } of page.items) {
        if (spec?.runtimeClassName !== runtimeClass || ['Succeeded', 'Failed'].includes(status?.phase ?? '')) continue;
        found.push({ namespace: metadata.namespace, name: metadata.name });
      }
      const more = page.metadata?.continue ?? '';
      next = more === '' ? '' : `&continue=${encodeURIComponent(more)}`;
    } while (next !== '');
    return found;
  }

  /** Ends the connections. */
  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #ask(method: 'GET' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<unknown> {
    let answer: { code: number; body: string; headers: Record<string, string> };
    try {
      const {
        statusCode,
        headers,
        body: content,
      } = await request(`${this.#endpoint}${path}`, {
        method,
        dispatcher: this.#agent,
        signal: AbortSignal.timeout(this.#timeoutMs),
        // An API has more than one server behind its address, and a connection that is kept sees one of them alone.
        reset: true,
        headers: {
          authorization: `Bearer ${this.#token}`,
          accept: 'application/json',
          // JSON is YAML.
          ...(body === undefined ? {} : { 'content-type': 'application/apply-patch+yaml' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const flat = Object.entries(headers).map(([name, value]) => [name, String(value)] as const);
      answer = { code: statusCode, body: await content.text(), headers: Object.fromEntries(flat) };
    } catch (error) {
      throw failureOf(error);
    }
    if (answer.code >= 300) throw failureOfAnswer(answer);
    try {
      return JSON.parse(answer.body);
    } catch (cause) {
      throw new UnexpectedAnswer(`HTTP ${answer.code} without JSON`, { cause });
    }
  }
}

interface PodList {
  readonly metadata?: { readonly continue?: string };
  readonly items: readonly {
    readonly metadata: { readonly namespace: string; readonly name: string };
    readonly spec?: { readonly runtimeClassName?: string };
    readonly status?: { readonly phase?: string };
  }[];
}

function pathOf({ apiVersion, kind, metadata: { namespace, name } }: Addressed): string {
  const plural = plurals[kind];
  if (plural === undefined) throw new UnexpectedAnswer(`${kind} is no kind that Airlock applies`);
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return `${root}${namespace === undefined ? '' : `/namespaces/${namespace}`}/${plural}/${name}`;
}
