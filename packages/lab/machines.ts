/** Machines for nodes: simulated, modelled and attached. Real ones are in `real-machines.ts`. */
export { AttachedMachine, nodePlaceholder } from './machine/attached.ts';
export { type ConfigurationName, configurations } from './machine/configurations.ts';
export { isTable, tableAt } from './machine/containerd/tables.ts';
export { FaultyMachine } from './machine/faulty.ts';
export type { Machine } from './machine/machine.ts';
export { ModelledMachine, recordings } from './machine/modelled.ts';
export { SimulatedMachine, type SimulatedOptions } from './machine/simulated.ts';
export { hostProgram, write } from './machine/tree.ts';
