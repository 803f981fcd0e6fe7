import { forRoom, retryAll } from './retriers.ts';
import { key, service, untilOut, type WorkflowResources } from './tasks.ts';

/** Timeout of one call to the function that signs, in seconds; the function itself ends after 30. */
const signingSeconds = 40;

/** What follows on the publication of an end that is no failure. */
export function afterEnd({ attestationFunction }: WorkflowResources): { Next: string } | { End: true } {
  return attestationFunction === undefined ? { End: true } : { Next: 'SignReceipt' };
}

/** What follows on the publication of a failure. */
export function afterFailure({ attestationFunction }: WorkflowResources): { Next: string } {
  return { Next: attestationFunction === undefined ? 'Failed' : 'SignFailure' };
}

/**
 * The last step of a run if receipts are signed. A run whose receipt cannot be signed ends as it would without a
 * signature.
 */
export function signingStates(resources: WorkflowResources): object {
  const { attestationFunction } = resources;
  if (attestationFunction === undefined) return {};
  const task = {
    Type: 'Task',
    Resource: service(resources, 'lambda:invoke'),
    Arguments: { FunctionName: attestationFunction, Payload: { key } },
    TimeoutSeconds: signingSeconds,
    Retry: [forRoom(untilOut), retryAll({ attempts: 8 })],
    Output: '{% $receipt %}',
  };
  return {
    SignReceipt: { ...task, Catch: [{ ErrorEquals: ['States.ALL'], Next: 'EndUnsigned' }], End: true },
    SignFailure: { ...task, Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Failed' }], Next: 'Failed' },
    EndUnsigned: { Type: 'Succeed', Output: '{% $receipt %}' },
  };
}
