import { hasEnded, type InvocationStatus } from '../../domain/invocation-status.ts';
import { mayRun, type RunRecord } from '../../domain/ledger.ts';

/** What to do about a command that may be running on a node. */
export type CancellationDecision =
  | { readonly step: 'done'; readonly because: 'none-sent' | 'ended' }
  /** A command may have been sent for the claim: look for it by the batch. */
  | { readonly step: 'look'; readonly batchId: string; readonly since: string }
  | { readonly step: 'cancel'; readonly commandId: string }
  | { readonly step: 'wait'; readonly because: 'claimed' };

/** What SSM reports: the command on this node, and whether a search for the batch's command found none. */
export interface CommandStatus {
  readonly invocation: InvocationStatus | undefined;
  readonly nothingFound: boolean;
}

/** Whether a run may be cancelled: its failure is recorded, or its deadline has passed. */
export function canCancel(run: RunRecord | undefined, now: number): boolean {
  if (run?.launch === undefined) return false;
  return run.failure !== undefined || Date.parse(run.launch.deadline) <= now;
}

/** How long after a claim its command can be invisible, in milliseconds: the function that sends it ends after 30 s. */
const unseenMs = 45_000;

/**
 * Decides what is left to do until no command runs on a node. The run was marked as cancelled before it was read, so no
 * further claim can succeed.
 *
 * @param now milliseconds since the epoch
 */
export function decideCancellation(
  run: RunRecord | undefined,
  { invocation, nothingFound }: CommandStatus,
  now: number,
): CancellationDecision {
  if (run === undefined || run.token === undefined) return { step: 'done', because: 'none-sent' };
  if (!mayRun(run)) return { step: 'done', because: run.settledToken === run.token ? 'ended' : 'none-sent' };
  const { commandId, batchId, claimedAt } = run;
  if (commandId === undefined) {
    if (batchId === undefined || claimedAt === undefined) return { step: 'done', because: 'none-sent' };
    if (!nothingFound) return { step: 'look', batchId, since: claimedAt };
    if (now - Date.parse(claimedAt) < unseenMs) return { step: 'wait', because: 'claimed' };
    return { step: 'done', because: 'none-sent' };
  }
  if (invocation === undefined) return { step: 'cancel', commandId };
  return hasEnded(invocation) ? { step: 'done', because: 'ended' } : { step: 'cancel', commandId };
}
