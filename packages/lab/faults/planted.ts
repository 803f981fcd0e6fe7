import type { NodePlan } from '../simulation/node.ts';
import type { Simulation } from '../simulation/simulation.ts';
import { faultOf } from './catalogue.ts';
import { steady } from './random.ts';
import { FaultSite } from './site.ts';

/**
 * Plants faults of the catalogue in a simulation by their names: each strikes every node.
 *
 * @param cluster the name of the cluster that the nodes join
 * @returns what changes how each node is launched
 */
export function plantFaults(names: readonly string[], world: Simulation, cluster: string): FaultSite {
  const site = new FaultSite(world, cluster);
  for (const name of names) faultOf(name).plant(site, steady());
  return site;
}

/** The same for one launch. @returns how the node is launched with the faults */
export function plant(names: readonly string[], world: Simulation, usual: NodePlan): NodePlan {
  return plantFaults(names, world, usual.cluster ?? '').plan(usual);
}
