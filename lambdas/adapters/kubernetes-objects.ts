import { fieldManager } from '../../domain/kubernetes.ts';
import { NotFound, UnexpectedAnswer } from './kubernetes-errors.ts';
import { type KubernetesOptions, KubernetesRequests } from './kubernetes-requests.ts';

/** An API object, identified by its address. */
export interface Addressed {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string | undefined };
}

/** An object's state in the cluster, without its content. */
export interface LiveState {
  /** The managers of its fields. */
  readonly managers: readonly string[];
}

/** An object in a list. */
export interface Listed extends Addressed, LiveState {}

/** A pod that uses a RuntimeClass. */
export interface UsingPod {
  readonly namespace: string;
  readonly name: string;
}

const rbac = 'rbac.authorization.k8s.io/v1';
const admission = 'admissionregistration.k8s.io/v1';

/** The kinds that Airlock applies, with their API version and plural name. */
const kinds: Readonly<Record<string, readonly [apiVersion: string, plural: string]>> = {
  ClusterRole: [rbac, 'clusterroles'],
  ClusterRoleBinding: [rbac, 'clusterrolebindings'],
  Namespace: ['v1', 'namespaces'],
  ResourceQuota: ['v1', 'resourcequotas'],
  Role: [rbac, 'roles'],
  RoleBinding: [rbac, 'rolebindings'],
  RuntimeClass: ['node.k8s.io/v1', 'runtimeclasses'],
  ValidatingAdmissionPolicy: [admission, 'validatingadmissionpolicies'],
  ValidatingAdmissionPolicyBinding: [admission, 'validatingadmissionpolicybindings'],
};

/** The size of a page. */
const pageSize = 500;

/**
 * Objects of any kind in a cluster, for its preparation. Every method throws one of the classes in
 * `kubernetes-errors.ts`.
 */
export class KubernetesObjects {
  readonly #requests: KubernetesRequests;

  constructor(options: KubernetesOptions) {
    this.#requests = new KubernetesRequests({ requestTimeoutMs: 10_000, ...options, reset: true });
  }

  /**
   * Applies an object by server-side apply.
   *
   * @param force whether to take over fields that another manager owns with another value; otherwise that is a
   *   `Conflict`
   */
  async apply(object: Addressed, { force = false, dryRun = false } = {}): Promise<void> {
    const query = { fieldManager, force: String(force), dryRun: dryRun ? 'All' : undefined };
    // JSON is YAML.
    const contentType = 'application/apply-patch+yaml';
    await this.#requests.ask({ method: 'PATCH', path: pathOf(object), query, body: object, contentType });
  }

  /** Reads an object; undefined if there is none. */
  async read(object: Addressed): Promise<LiveState | undefined> {
    try {
      return { managers: managersOf((await this.#requests.ask({ path: pathOf(object) })) as Item) };
    } catch (error) {
      if (error instanceof NotFound) return undefined;
      throw error;
    }
  }

  /** Deletes an object. Succeeds if it is already gone. */
  async remove(object: Addressed): Promise<void> {
    try {
      await this.#requests.ask({ method: 'DELETE', path: pathOf(object) });
    } catch (error) {
      if (!(error instanceof NotFound)) throw error;
    }
  }

  /** Lists the pods that use a RuntimeClass and have not ended, in all namespaces. */
  async listPodsWith(runtimeClass: string): Promise<readonly UsingPod[]> {
    const pods = await this.#list('/api/v1/pods');
    return pods
      .filter(({ spec, status }) => {
        return spec?.runtimeClassName === runtimeClass && !['Succeeded', 'Failed'].includes(status?.phase ?? '');
      })
      .map(({ metadata: { namespace = '', name } }) => ({ namespace, name }));
  }

  /** Lists the objects with a label, `key=value`, of every kind that Airlock applies. */
  async listLabelled(label: string): Promise<readonly Listed[]> {
    const found: Listed[] = [];
    for (const [kind, [apiVersion, plural]] of Object.entries(kinds)) {
      const items = await this.#list(`${rootOf(apiVersion)}/${plural}`, label);
      found.push(...items.map((item) => ({ apiVersion, kind, metadata: item.metadata, managers: managersOf(item) })));
    }
    return found;
  }

  /** Lists the ClusterRoleBindings and RoleBindings of a group. */
  async listBindings(group: string): Promise<readonly Addressed[]> {
    const found: Addressed[] = [];
    for (const kind of ['ClusterRoleBinding', 'RoleBinding']) {
      const [apiVersion, plural] = kinds[kind] ?? [rbac, ''];
      const items = await this.#list(`${rootOf(apiVersion)}/${plural}`);
      const giving = items.filter(({ subjects = [] }) =>
        subjects.some((subject) => subject.kind === 'Group' && subject.name === group),
      );
      found.push(...giving.map(({ metadata }) => ({ apiVersion, kind, metadata })));
    }
    return found;
  }

  /** Ends the connections. */
  async close(): Promise<void> {
    await this.#requests.close();
  }

  async #list(path: string, labelSelector?: string): Promise<readonly Item[]> {
    const found: Item[] = [];
    let next: string | undefined;
    do {
      const query = { labelSelector, limit: String(pageSize), continue: next };
      const page = (await this.#requests.ask({ path, query })) as List;
      found.push(...(page.items ?? []));
      next = page.metadata?.continue || undefined;
    } while (next !== undefined);
    return found;
  }
}

interface List {
  readonly metadata?: { readonly continue?: string };
  readonly items?: readonly Item[];
}

/** The fields that are read of an object of any kind. */
interface Item {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly managedFields?: readonly { readonly manager?: string }[];
  };
  readonly spec?: { readonly runtimeClassName?: string };
  readonly status?: { readonly phase?: string };
  readonly subjects?: readonly { readonly kind: string; readonly name: string }[];
}

function managersOf({ metadata }: Item): readonly string[] {
  return (metadata.managedFields ?? []).map(({ manager = '' }) => manager);
}

function rootOf(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

function pathOf({ apiVersion, kind, metadata: { namespace, name } }: Addressed): string {
  const plural = kinds[kind]?.[1];
  if (plural === undefined) throw new UnexpectedAnswer(`${kind} is not a kind that Airlock applies`);
  return `${rootOf(apiVersion)}${namespace === undefined ? '' : `/namespaces/${namespace}`}/${plural}/${name}`;
}
