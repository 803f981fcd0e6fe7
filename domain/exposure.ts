import { type Advisory, decideExposure, type Exposure, isAtLeast, type Severity } from './advisories.ts';
import type { Catalogue } from './catalogue.ts';
import { runtimes } from './runtimes.ts';

/** A node of the fleet, as far as advisories are concerned. */
export interface FleetNode {
  readonly cluster: string;
  /** Empty if it is not known. */
  readonly pool: string;
  readonly instanceId: string;
  readonly nodeName: string;
  /** Whether it is behind its gate, so that no other pod of the runtime comes there. */
  readonly gated: boolean;
  /** Empty if it is not known. */
  readonly runtime: string;
  /** The value of its tag if that names a version, so that no rollout moves it; otherwise empty. It is a claim. */
  readonly pin: string;
  /** The version that was proven there; undefined if it is not known. */
  readonly version: string | undefined;
  readonly handler: string;
  /** The annotations that its shim accepts; undefined if they are not known. */
  readonly annotations: readonly string[] | undefined;
  /** How many sandboxes ran from each version when they were last counted, according to the node. */
  readonly sandboxes: Readonly<Record<string, number>>;
  /** When it was last proven or inventoried, ISO 8601; empty if that is not known. */
  readonly seenAt: string;
  /** Why its version is not known; empty if it is. */
  readonly because: string;
}

/**
 * How a node stands to an advisory. `gated`: it is behind its gate and takes no pod, whatever it has. `old-sandboxes`:
 * it has the fix or is behind its gate, and sandboxes of an affected version still ran when they were last counted.
 */
export type NodeExposure = Exposure | 'gated' | 'old-sandboxes';

/** How the nodes of a pool stand to an advisory. */
export interface PoolExposure {
  readonly cluster: string;
  readonly pool: string;
  readonly nodes: Readonly<Record<NodeExposure, readonly FleetNode[]>>;
}

/** An advisory with the pools that have nodes of its runtime, or nodes of an unknown one. */
export interface AdvisoryExposure {
  readonly runtime: string;
  readonly advisory: Advisory;
  readonly pools: readonly PoolExposure[];
}

/** Decides how each pool stands to each advisory of the catalogue, the most severe and latest first. */
export function listExposures(nodes: readonly FleetNode[], catalogue: Catalogue): readonly AdvisoryExposure[] {
  const all = runtimes.flatMap((runtime) =>
    (catalogue.runtimes[runtime]?.advisories ?? []).map((advisory) => {
      const concerned = nodes.filter((node) => node.runtime === runtime || node.runtime === '');
      const byPool = Map.groupBy(concerned, ({ cluster, pool }) => JSON.stringify([cluster, pool]));
      return { runtime, advisory, pools: [...byPool.values()].map((own) => exposePool(own, advisory)) };
    }),
  );
  return all.toSorted(({ advisory: one }, { advisory: other }) => {
    if (one.severity !== other.severity) return isAtLeast(one.severity, other.severity) ? -1 : 1;
    return other.published.localeCompare(one.published);
  });
}

function exposePool(nodes: readonly FleetNode[], advisory: Advisory): PoolExposure {
  const { cluster = '', pool = '' } = nodes[0] ?? {};
  const of = (wanted: NodeExposure) => nodes.filter((node) => exposeNode(node, advisory) === wanted);
  const counted = {
    affected: of('affected'),
    'old-sandboxes': of('old-sandboxes'),
    unknown: of('unknown'),
    'not-exposed': of('not-exposed'),
    fixed: of('fixed'),
    gated: of('gated'),
  };
  return { cluster, pool, nodes: counted };
}

/** Why it is not known how a node stands to an advisory. */
export function whyUnknown({ because }: FleetNode): string {
  return because || 'its configuration is not known, because another document than the present one installed it';
}

/** Whether a node keeps its version because its tag names one. */
export function isPinned({ pin }: Pick<FleetNode, 'pin'>): boolean {
  return pin !== '';
}

/** Decides how a node stands to an advisory now. */
export function exposeNode(node: FleetNode, advisory: Advisory): NodeExposure {
  // A gate evicts no pod.
  if (node.gated) return oldSandboxes(node, advisory).length > 0 ? 'old-sandboxes' : 'gated';
  const exposure = decideExposure(advisory, node.runtime === '' ? undefined : node.version, node);
  return exposure === 'fixed' && oldSandboxes(node, advisory).length > 0 ? 'old-sandboxes' : exposure;
}

/**
 * The versions that sandboxes still ran from when they were last counted, and that the advisory affects or may affect.
 */
export function oldSandboxes(node: FleetNode, advisory: Advisory): readonly string[] {
  const isOld = (version: string) => ['affected', 'unknown'].includes(decideExposure(advisory, version, node));
  return Object.keys(node.sandboxes).filter(isOld);
}

/** The nodes in some states over all pools of an exposure. */
export function nodesIn({ pools }: AdvisoryExposure, ...states: readonly NodeExposure[]): readonly FleetNode[] {
  return pools.flatMap(({ nodes }) => states.flatMap((state) => nodes[state]));
}

/** Whether an advisory that is severe enough to withdraw a version affects nodes, or sandboxes that still run. */
export function isExposed(exposure: AdvisoryExposure, least: Severity): boolean {
  return isAtLeast(exposure.advisory.severity, least) && nodesIn(exposure, 'affected', 'old-sandboxes').length > 0;
}
