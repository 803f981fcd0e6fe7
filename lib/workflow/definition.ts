import { endingStates } from './ending.ts';
import { failureStates } from './failure.ts';
import { installStates } from './install.ts';
import { releaseStates } from './release.ts';
import type { WorkflowResources } from './tasks.ts';

/**
 * The way of one node as a state machine in JSONata: a released node passes seven states, eight with a launch hook. The input names a row of the
 * ledger; what is done, and whether anything is, the row says.
 */
export function workflowDefinition(resources: WorkflowResources): object {
  return {
    Comment: 'One run of a launch, from its admission to its end',
    QueryLanguage: 'JSONata',
    StartAt: 'BeginRun',
    States: {
      ...installStates(resources),
      ...releaseStates(resources),
      ...failureStates(resources),
      ...endingStates(resources),
    },
  };
}
