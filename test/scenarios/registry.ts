import { attackScenarios } from './registry/attack.ts';
import { clusterScenarios } from './registry/cluster.ts';
import { commandScenarios } from './registry/command.ts';
import { doorScenarios } from './registry/door.ts';
import { endScenarios } from './registry/end.ts';
import { failureScenarios } from './registry/failure.ts';
import { reconcileScenarios } from './registry/reconcile.ts';
import { remedyScenarios } from './registry/remedy.ts';
import { rerunScenarios } from './registry/rerun.ts';
import { rolloutScenarios } from './registry/rollout.ts';
import type { ScenarioRun } from './registry/scenario.ts';
import { waitingScenarios } from './registry/waiting.ts';
import { workflowScenarios } from './registry/workflow.ts';

/** Everything end to end that a mutation may break, by name. */
export const scenarios = {
  ...workflowScenarios,
  ...waitingScenarios,
  ...commandScenarios,
  ...endScenarios,
  ...failureScenarios,
  ...reconcileScenarios,
  ...rerunScenarios,
  ...clusterScenarios,
  ...doorScenarios,
  ...attackScenarios,
  ...remedyScenarios,
  ...rolloutScenarios,
} as const satisfies Readonly<Record<string, ScenarioRun>>;

/** The name of a scenario. */
export type ScenarioName = keyof typeof scenarios;
