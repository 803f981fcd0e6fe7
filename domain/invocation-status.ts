/** The status of a command on one instance, as SSM lists it. */
export interface InvocationStatus {
  readonly comment: string;
  /** The name of the document that the command runs. */
  readonly document: string;
  readonly status: string;
  readonly statusDetails: string;
  /** The script's exit status; -1 if it did not run, or if a signal ended it. */
  readonly responseCode: number;
  readonly output: string;
}

/** Final statuses of a command. */
const final = new Set(['Success', 'Failed', 'TimedOut', 'Cancelled']);

/** Whether the command has ended on the instance. */
export function hasEnded({ status }: Pick<InvocationStatus, 'status'>): boolean {
  return final.has(status);
}
