/** How a command stands on one instance, as SSM lists it. */
export interface InvocationStatus {
  readonly comment: string;
  /** The name of the document that the command runs. */
  readonly document: string;
  readonly status: string;
  readonly statusDetails: string;
  readonly output: string;
}

/** Statuses after which a command does not change any more. */
const final = new Set(['Success', 'Failed', 'TimedOut', 'Cancelled']);

/** Tells whether the command has ended on the instance. */
export function hasEnded({ status }: Pick<InvocationStatus, 'status'>): boolean {
  return final.has(status);
}
