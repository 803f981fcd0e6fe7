import { attackScenarios } from './attack-scenarios.ts';
import { clusterScenarios } from './cluster-scenarios.ts';
import { commandScenarios } from './command-scenarios.ts';
import { doorScenarios } from './door-scenarios.ts';
import { endScenarios } from './end-scenarios.ts';
import { failureScenarios } from './failure-scenarios.ts';
import { reconcileScenarios } from './reconcile-scenarios.ts';
import { remedyScenarios } from './remedy-scenarios.ts';
import { rerunScenarios } from './rerun-scenarios.ts';
import type { Scenario } from './stage.ts';
import { waitingScenarios } from './waiting-scenarios.ts';
import { workflowScenarios } from './workflow-scenarios.ts';

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
} as const satisfies Readonly<Record<string, Scenario>>;

/** The name of a scenario. */
export type ScenarioName = keyof typeof scenarios;
