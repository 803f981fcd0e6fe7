import { endingStates } from './ending.ts';
import { failureStates } from './failure.ts';
import { installStates } from './install.ts';
import { releaseStates } from './release.ts';
import type { WorkflowResources } from './tasks.ts';

/**
 * One run as a state machine in JSONata. A released node passes seven states, eight with a launch hook, and one
 * more if receipts are signed. The input names a run record in the
 * ledger. The record determines whether anything is done, and what.
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
