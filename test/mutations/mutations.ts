import { againMutations } from './again-mutations.ts';
import type { Copy } from './assembly.ts';
import { clusterMutations } from './cluster-mutations.ts';
import { dispatchMutations } from './dispatch-mutations.ts';
import { documentMutations } from './document-mutations.ts';
import { doorMutations } from './door-mutations.ts';
import { eventMutations } from './event-mutations.ts';
import { functionMutations } from './function-mutations.ts';
import { remedyMutations } from './remedy-mutations.ts';
import { rightsMutations } from './rights-mutations.ts';
import type { ScenarioName } from './scenarios.ts';
import { sweepMutations } from './sweep-mutations.ts';
import { wayMutations } from './way-mutations.ts';

/** A mistake that is planted in a copy of the assembly, and the scenario that must see it. */
export interface Mutation {
  readonly name: string;
  readonly apply: (copy: Copy) => void | Promise<void>;
  readonly turnsRed: ScenarioName;
}

/** All of them, in the order of the table. */
export const mutations: readonly Mutation[] = [
  ...rightsMutations,
  ...eventMutations,
  ...wayMutations,
  ...documentMutations,
  ...dispatchMutations,
  ...functionMutations,
  ...sweepMutations,
  ...againMutations,
  ...clusterMutations,
  ...doorMutations,
  ...remedyMutations,
];
