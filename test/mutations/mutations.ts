import { attackMutations } from './attack-mutations.ts';
import { clusterMutations } from './cluster-mutations.ts';
import { dispatchMutations } from './dispatch-mutations.ts';
import { documentMutations } from './document-mutations.ts';
import { doorMutations } from './door-mutations.ts';
import { eventMutations } from './event-mutations.ts';
import { functionMutations } from './function-mutations.ts';
import type { Mutation } from './mutation.ts';
import { reconcileMutations } from './reconcile-mutations.ts';
import { remedyMutations } from './remedy-mutations.ts';
import { rerunMutations } from './rerun-mutations.ts';
import { rightsMutations } from './rights-mutations.ts';
import { rolloutMutations } from './rollout-mutations.ts';
import { workflowMutations } from './workflow-mutations.ts';

/** All of them, in the order of the table. */
export const mutations: readonly Mutation[] = [
  ...rightsMutations,
  ...eventMutations,
  ...workflowMutations,
  ...documentMutations,
  ...dispatchMutations,
  ...functionMutations,
  ...reconcileMutations,
  ...rerunMutations,
  ...clusterMutations,
  ...doorMutations,
  ...attackMutations,
  ...remedyMutations,
  ...rolloutMutations,
];
