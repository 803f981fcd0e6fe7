import { type ClusterNode, poolLabel } from '../../domain/kubernetes.ts';
import type { Node } from '../../domain/node.ts';

/** What a lookup needs of the cluster. */
export interface NodeReader {
  readNode(name: string): Promise<ClusterNode | undefined>;
  findNodeByProviderId(providerId: string, labelSelector: string): Promise<ClusterNode | undefined>;
}

/** The boot in which the runtime was proven; `any` where nothing was, and the Node is only to be marked. */
export type Boot = { readonly id: string } | 'any';

/** The Node of a launch, or why there is none. */
export type Lookup = { readonly node: ClusterNode } | { readonly node: undefined; readonly absent: string };

/**
 * How long after its launch a Node is asked for by its expected name alone, in milliseconds. Most join within this time under that name;
 * if each launch of a large pool asked for the list of the pool meanwhile, the API server would send its square.
 */
const namedAloneMs = 90_000;

/**
 * Finds the Node that an instance became in this launch: by its name, and where that is not it, by its providerID among the Nodes
 * of our pools. The list is asked for once; after it the name that was found is read, or the expected one.
 */
export class NodeLookup {
  readonly #api: NodeReader;
  readonly #launch: Node;
  readonly #boot: Boot;
  readonly #now: () => number;
  #name: string;
  #listed = false;

  /**
   * @param boot which boot a Node that is older than the launch has to report
   * @param now milliseconds since the epoch
   */
  constructor(api: NodeReader, launch: Node, boot: Boot, now: () => number) {
    this.#api = api;
    this.#launch = launch;
    this.#boot = boot;
    this.#now = now;
    this.#name = launch.nodeName;
  }

  async find(): Promise<Lookup> {
    const byName = await this.#api.readNode(this.#name);
    const why = byName === undefined ? undefined : notOfLaunch(byName, this.#launch, this.#boot);
    if (byName !== undefined && why === undefined) return { node: byName };
    const absent = why ?? `the cluster has no Node ${this.#name}`;
    const young = this.#now() - Date.parse(this.#launch.launchedAt) < namedAloneMs;
    if (this.#listed || (byName === undefined && young)) return { node: undefined, absent };
    this.#listed = true;
    const found = await this.#api.findNodeByProviderId(this.#launch.providerId, poolLabel);
    if (found === undefined) return { node: undefined, absent: `${absent}, and none has ${this.#launch.providerId}` };
    const because = notOfLaunch(found, this.#launch, this.#boot);
    if (because !== undefined) return { node: undefined, absent: because };
    this.#name = found.name;
    return { node: found };
  }
}

/**
 * Why a Node is not the one of this launch. A name can be used again. An instance that was stopped and started keeps its Node, which is
 * that of the new launch once the kubelet reports the boot in which the runtime was proven: before that it still says what was true of
 * the boot before. Kubernetes writes whole seconds, so the launch is cut to its second.
 */
function notOfLaunch(node: ClusterNode, launch: Node, boot: Boot): string | undefined {
  if (node.providerId !== launch.providerId) {
    const other = node.providerId === '' ? 'has no providerID yet' : `belongs to ${node.providerId}`;
    return `the Node ${node.name} ${other}, not to ${launch.providerId}`;
  }
  const older = node.createdAt < Math.floor(Date.parse(launch.launchedAt) / 1_000) * 1_000;
  if (boot === 'any') return undefined;
  if (older && node.boot?.id !== boot.id) {
    const made = new Date(node.createdAt).toISOString();
    return `the Node ${node.name} was made at ${made}, before the launch at ${launch.launchedAt}, and reports another boot`;
  }
  if (launch.again !== undefined && node.boot !== undefined && node.boot.id !== boot.id) {
    return `the Node ${node.name} reports another boot than the one in which the runtime was proven`;
  }
  return undefined;
}
