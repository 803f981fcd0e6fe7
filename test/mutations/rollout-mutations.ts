import type { ScenarioName } from '../scenarios/registry.ts';
import type { Mutation } from './mutation.ts';
import { source } from './plant.ts';

const one: ScenarioName = 'a rollout takes out as many nodes as allowed, and each is closed while it changes';

/** Mistakes about versions that roll through a pool. */
export const rolloutMutations: readonly Mutation[] = [
  {
    name: 'a rollout changes a node that is open',
    apply: source(
      'reconcile',
      'lambdas/admission/admit-all.ts',
      'withRelaunched',
      "$LAUNCH.rerun.why === 'rollout'",
      'false',
    ),
    turnsRed: one,
  },
  {
    name: 'a rollout takes out more nodes than may be unavailable',
    apply: source('reconcile', 'domain/rollout/decide.ts', 'startSome', 'Math.max(0, $ROOM)', '$ROOM + 5'),
    turnsRed: one,
  },
];
