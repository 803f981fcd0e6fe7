import { type ClusterNode, type NodePage, poolLabel, provenLabel } from '../../domain/kubernetes.ts';
import type { Node } from '../../domain/node.ts';
import { Ended } from './errors.ts';

/** What a lookup needs of the cluster. */
export interface NodeReader {
  readNode(name: string): Promise<ClusterNode | undefined>;
  findNodesByProviderId(providerId: string, labelSelector: string): Promise<readonly ClusterNode[]>;
}

/** The boot in which the runtime was proven; `any` where nothing was, and the Node is only to be marked. */
export type Boot = { readonly id: string } | 'any';

/** The Nodes that name the instance of a launch, or why there are none. */
export type Lookup =
  | { readonly nodes: readonly [ClusterNode, ...ClusterNode[]] }
  | { readonly nodes?: undefined; readonly absent: string };

/**
 * How long after its launch a Node is asked for by its expected name alone, in milliseconds. Most join within this time under that name;
 * if each launch of a large pool asked for the list of the pool meanwhile, the API server would send its square.
 */
const namedAloneMs = 90_000;

/**
 * Finds the Node that an instance became in this launch: by the name that EC2 gave the instance, and where that is not it, by its providerID
 * among the Nodes of our pools. The list is asked for once; after it the name that was found is read, or the expected one.
 */
export class NodeLookup {
  readonly #api: NodeReader;
  readonly #launch: Node;
  readonly #boot: Boot;
  readonly #listFrom: number;
  readonly #now: () => number;
  #name: string;
  #listed = false;

  /**
   * @param boot which boot the Node has to report
   * @param now milliseconds since the epoch
   * @param aloneMs how long after its launch the Node is asked for by its expected name alone, in milliseconds
   */
  constructor(api: NodeReader, launch: Node, boot: Boot, now: () => number, aloneMs = namedAloneMs) {
    this.#api = api;
    this.#launch = launch;
    this.#boot = boot;
    this.#now = now;
    this.#name = launch.nodeName;
    this.#listFrom = Date.parse(launch.launchedAt) + aloneMs;
  }

  async find(): Promise<Lookup> {
    const byName = await this.#api.readNode(this.#name);
    const why = byName === undefined ? undefined : notOfLaunch(byName, this.#launch, this.#boot);
    if (byName !== undefined && why === undefined) return { nodes: [byName] };
    const absent = why ?? `the cluster has no Node ${this.#name}`;
    if (this.#listed || (byName === undefined && this.#now() < this.#listFrom)) return { absent };
    this.#listed = true;
    const [first, ...more] = await this.#api.findNodesByProviderId(this.#launch.providerId, poolLabel);
    if (first === undefined) return { absent: `${absent}, and none has ${this.#launch.providerId}` };
    const because = notOfLaunch(first, this.#launch, this.#boot);
    if (because !== undefined && more.length === 0) return { absent: because };
    this.#name = first.name;
    return { nodes: [first, ...more] };
  }
}

/**
 * Why a Node is not the one of this launch. A kubelet writes the providerID of its own Node, so that alone proves nothing: the Node has to report
 * the boot in which the runtime was proven. That also tells the launches of an instance apart that was stopped and started, and keeps its Node: until
 * the kubelet reports the new boot, the Node says what was true of the one before.
 */
function notOfLaunch(node: ClusterNode, launch: Node, boot: Boot): string | undefined {
  if (node.providerId !== launch.providerId) {
    const other = node.providerId === '' ? 'has no providerID yet' : `belongs to ${node.providerId}`;
    return `the Node ${node.name} ${other}, not to ${launch.providerId}`;
  }
  if (boot === 'any' || node.boot?.id === boot.id) return undefined;
  const other = node.boot === undefined ? 'no boot yet' : 'another boot than the one in which the runtime was proven';
  return `the Node ${node.name} reports ${other}`;
}

/** The most Nodes that are looked through for a twin: with more at once, the API server would send the square of a large launch. */
const lookedThrough = 50;

/**
 * Looks for another Node with the providerID of a Node that is about to be released. It is among those that bear no label of a release: a providerID
 * cannot change, and a Node that bears the label was released under its own.
 *
 * @throws Ended `node-ambiguous` where there is one
 */
export async function refuseTwins(
  node: ClusterNode,
  api: { listNodes(labelSelector: string, limit: number): Promise<NodePage> },
): Promise<void> {
  const { nodes } = await api.listNodes(`${poolLabel},!${provenLabel}`, lookedThrough);
  refuseSeveral([node, ...nodes.filter(({ uid, providerId }) => uid !== node.uid && providerId === node.providerId)]);
}

/**
 * Gives the one Node of a launch.
 *
 * @throws Ended `node-ambiguous` where there are several
 */
export function refuseSeveral([node, ...others]: readonly [ClusterNode, ...ClusterNode[]]): ClusterNode {
  if (others.length === 0) return node;
  const names = [node, ...others].map(({ name }) => name);
  throw new Ended('node-ambiguous', `the Nodes ${names.join(' and ')} have the providerID ${node.providerId}`);
}
