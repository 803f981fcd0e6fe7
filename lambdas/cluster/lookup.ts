import type { ClusterNode } from '../../domain/kubernetes.ts';
import type { Launch } from '../../domain/launch.ts';
import { FinalOutcome } from './errors.ts';
import type { ClusterView } from './view.ts';

/** The dependencies of a lookup. */
export interface NodeReader {
  readonly view: Pick<ClusterView, 'node' | 'withProviderId' | 'releasedWithProviderId'>;
  readonly api: { readNode(name: string): Promise<ClusterNode | undefined> };
  readonly time: { now(): number };
}

/** The boot in which the runtime was proven; `any` if nothing was proven and the Node is only marked. */
export type Boot = { readonly id: string } | 'any';

/** The Nodes that name the instance of a launch, or why there are none. */
export type Lookup =
  | { readonly nodes: readonly [ClusterNode, ...ClusterNode[]] }
  | { readonly nodes?: undefined; readonly absent: string };

/**
 * How long after its launch a Node is not searched for among the released ones, in milliseconds. That list is as long
 * as the pool, and a launch's Node is seldom there under another name than the one from EC2.
 */
const namedAloneMs = 90_000;

/**
 * Finds the Node of an instance in this launch: first among the waiting Nodes, by providerID. A Node that is not there
 * may have a proof label or lack the pool label. So it is read by the name from EC2, and after some time searched for
 * by its providerID among the released Nodes. Both happen once per call, because the view shows each new Node. A Node
 * that is only marked is searched for in all three places, whatever the first one has: root on another node can give
 * its Node the same providerID, and the one that is open must be found.
 */
export class NodeLookup {
  readonly #from: NodeReader;
  readonly #launch: Launch;
  readonly #boot: Boot;
  readonly #readFrom: number;
  readonly #listFrom: number;
  /** The Nodes found last. After a write they are read again, because the view may be behind. */
  #names: readonly string[];
  /** Whether the Node was found outside the view and so must be read each time. */
  #outside = false;
  #read = false;
  #listed = false;

  /**
   * @param boot the boot that the Node must report
   * @param aloneMs how long after its launch the Node is not searched for among the released ones, in milliseconds
   * @param readFrom from when on the Node is read by its name, in milliseconds since the epoch
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
    // If nothing was proven, no boot tells the Node of the launch from one that only claims its providerID: all of them
    // count.
    const all = this.#boot === 'any';
    if (waiting.length > 0 && !all) return this.#own(waiting, '');
    if (this.#outside) return await this.reread();
    const found = [...waiting];
    let absent = absence(nodeName, await view.node(nodeName), this.#launch);
    if (!this.#read && time.now() >= this.#readFrom) {
      const node = await api.readNode(nodeName);
      this.#read = true;
      if (node?.providerId === providerId) found.push(node);
      absent = absence(nodeName, node, this.#launch);
    }
    if ((found.length === 0 || all) && !this.#listed && time.now() >= this.#listFrom) {
      this.#listed = true;
      found.push(...(await view.releasedWithProviderId(providerId)));
      absent += `, and none has ${providerId}`;
    }
    this.#outside = found.length > waiting.length;
    return this.#own([...new Map(found.map((node) => [node.uid, node])).values()], absent);
  }

  /** Reads the Nodes found last from the API again. */
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
 * Why a Node with the right providerID is not the one of this launch. A kubelet writes its own Node's providerID, so
 * that proves nothing by itself: the Node must report the boot in which the runtime was proven. This also distinguishes
 * the launches of a stopped and started instance, which keeps its Node: until the kubelet reports the new boot, the
 * Node shows the state of the earlier launch.
 */
function otherBoot(node: ClusterNode, boot: Boot): string | undefined {
  if (boot === 'any' || node.boot?.id === boot.id) return undefined;
  const other = node.boot === undefined ? 'no boot yet' : 'another boot than the one in which the runtime was proven';
  return `the Node ${node.name} reports ${other}`;
}

/**
 * Checks that no other Node has the providerID of a Node that is about to be released. Only Nodes without a proof label
 * are checked: a providerID cannot change, and a Node with the label was released under its own providerID.
 *
 * @throws FinalOutcome `node-ambiguous` if there is one
 */
export async function refuseTwins(node: ClusterNode, view: Pick<ClusterView, 'withProviderId'>): Promise<void> {
  const nodes = await view.withProviderId(node.providerId);
  refuseSeveral([node, ...nodes.filter(({ uid }) => uid !== node.uid)]);
}

/**
 * Returns the only Node of a launch.
 *
 * @throws FinalOutcome `node-ambiguous` if there are several
 */
export function refuseSeveral([node, ...others]: readonly [ClusterNode, ...ClusterNode[]]): ClusterNode {
  if (others.length === 0) return node;
  const names = [node, ...others].map(({ name }) => name).sort();
  throw new FinalOutcome('node-ambiguous', `the Nodes ${names.join(' and ')} have the providerID ${node.providerId}`);
}
