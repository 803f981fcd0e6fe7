/** A simulation: the deployed app, its clusters, and the launched nodes. */
export { planOf } from './simulation/adoption.ts';
export { Autoscaler } from './simulation/autoscaler.ts';
export { startModelled } from './simulation/modelled.ts';
export { karpenterNode, type LaunchedNode, type NodeChange } from './simulation/node.ts';
export type { ClusterSettings } from './simulation/services.ts';
export { type NodeReport, Simulation } from './simulation/simulation.ts';
export { instanceOf, receiptIn } from './simulation/timeline.ts';
