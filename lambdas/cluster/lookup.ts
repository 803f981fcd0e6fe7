import type { ClusterNode } from '../../domain/kubernetes.ts';
import type { Launch } from '../../domain/launch.ts';
import { FinalOutcome } from './errors.ts';
import type { ClusterView } from './view.ts';

/** What a lookup needs of the cluster. */
export interface NodeReader {
  readonly view: Pick<ClusterView, 'node' | 'withProviderId' | 'releasedWithProviderId'>;
  readonly api: { readNode(name: string): Promise<ClusterNode | undefined> };
  readonly time: { now(): number };
}

/** The boot in which the runtime was proven; `any` where nothing was, and the Node is only to be marked. */
export type Boot = { readonly id: string } | 'any';

/** The Nodes that name the instance of a launch, or why there are none. */
export type Lookup =
  | { readonly nodes: readonly [ClusterNode, ...ClusterNode[]] }
  | { readonly nodes?: undefined; readonly absent: string };

/**
 * How long after its launch a Node is not looked for among those that were released, in milliseconds. That list is as long as the pool, and the Node of a
 * launch is seldom there under another name than the one that EC2 gave its instance.
 */
const namedAloneMs = 90_000;

/**
 * Finds the Node that an instance became in this launch: among the Nodes that wait, by providerID. One that is not there may bear the label of a release, or
 * lack that of a pool: it is read by the name that EC2 gave the instance, and after some time looked for by its providerID among the released ones. Both
 * once a call, for the view shows each Node that comes.
 */
export class NodeLookup {
  readonly #from: NodeReader;
  readonly #launch: Launch;
  readonly #boot: Boot;
  readonly #readFrom: number;
  readonly #listFrom: number;
  /** What was found last: after a write it is read again, because the view may be behind. */
  #names: readonly string[];
  /** Whether it was found outside of the view, so that it has to be read each time. */
  #outside = false;
  #read = false;
  #listed = false;

  /**
   * @param boot which boot the Node has to report
   * @param aloneMs how long after its launch the Node is not looked for among the released ones, in milliseconds
   * @param readFrom before when a Node is not read by its name, in milliseconds since the epoch
   */
  constructor(from: NodeReader, launch: Launch, boot: Boot, { aloneMs = namedAloneMs, readFrom = 0 } = {}) {
    this.#from = from;
    this.#launch = launch;
    this.#boot = boot;
    this.#names = [launch.nodeName];
    this.#readFrom = readFrom;
    this.#listFrom = Date.parse(launch.launchedAt) + aloneMs;
  }

  async find(): Promise<Lookup> {
    const { view, api, time } = this.#from;
    const { providerId, nodeName } = this.#launch;
    const waiting = await view.withProviderId(providerId);
    if (waiting.length > 0) return this.#own(waiting, '');
    if (this.#outside) return await this.reread();
    let absent = absence(nodeName, await view.node(nodeName), this.#launch);
    if (!this.#read && time.now() >= this.#readFrom) {
      const node = await api.readNode(nodeName);
      this.#read = true;
      this.#outside = node?.providerId === providerId;
      if (node !== undefined && this.#outside) return this.#own([node], '');
      absent = absence(nodeName, node, this.#launch);
    }
    if (this.#listed || time.now() < this.#listFrom) return { absent };
    this.#listed = true;
    const released = await view.releasedWithProviderId(providerId);
    this.#outside = released.length > 0;
    return this.#own(released, `${absent}, and none has ${providerId}`);
  }

  /** The Nodes that were found last, as the API has them now. */
  async reread(): Promise<Lookup> {
    const read = await Promise.all(this.#names.map((name) => this.#from.api.readNode(name)));
    const nodes = read.flatMap((node) => (node?.providerId === this.#launch.providerId ? [node] : []));
    return this.#own(nodes, `the cluster has no Node ${this.#names.join(', ')}`);
  }

  #own([first, ...more]: readonly ClusterNode[], absent: string): Lookup {
    if (first === undefined) return { absent };
    const because = more.length > 0 ? undefined : otherBoot(first, this.#boot);
    if (because !== undefined) return { absent: because };
    this.#names = [first, ...more].map(({ name }) => name);
    return { nodes: [first, ...more] };
  }
}

function absence(name: string, node: ClusterNode | undefined, launch: Launch): string {
  if (node === undefined) return `the cluster has no Node ${name}`;
  const other = node.providerId === '' ? 'has no providerID yet' : `belongs to ${node.providerId}`;
  return `the Node ${name} ${other}, not to ${launch.providerId}`;
}

/**
 * Why a Node with the right providerID is not the one of this launch. A kubelet writes the providerID of its own Node, so that alone proves nothing: the
 * Node has to report the boot in which the runtime was proven. That also tells the launches of an instance apart that was stopped and started, and keeps
 * its Node: until the kubelet reports the new boot, the Node says what was true of the one before.
 */
function otherBoot(node: ClusterNode, boot: Boot): string | undefined {
  if (boot === 'any' || node.boot?.id === boot.id) return undefined;
  const other = node.boot === undefined ? 'no boot yet' : 'another boot than the one in which the runtime was proven';
  return `the Node ${node.name} reports ${other}`;
}

/**
 * Looks for another Node with the providerID of a Node that is about to be released. It is among those that bear no label of a release: a providerID
 * cannot change, and a Node that bears the label was released under its own.
 *
 * @throws FinalOutcome `node-ambiguous` where there is one
 */
export async function refuseTwins(node: ClusterNode, view: Pick<ClusterView, 'withProviderId'>): Promise<void> {
  const nodes = await view.withProviderId(node.providerId);
  refuseSeveral([node, ...nodes.filter(({ uid }) => uid !== node.uid)]);
}

/**
 * Gives the one Node of a launch.
 *
 * @throws FinalOutcome `node-ambiguous` where there are several
 */
export function refuseSeveral([node, ...others]: readonly [ClusterNode, ...ClusterNode[]]): ClusterNode {
  if (others.length === 0) return node;
  const names = [node, ...others].map(({ name }) => name).sort();
  throw new FinalOutcome('node-ambiguous', `the Nodes ${names.join(' and ')} have the providerID ${node.providerId}`);
}
