import type { RunRecord } from '../../domain/ledger.ts';
import type { ClusterMessage, NodeCall } from '../../domain/messages.ts';

/** What may be done about a row's node: the call, or why there is none. */
export type Authorized = { readonly call: NodeCall } | { readonly refused: string };

/**
 * Decides what may be done about a node. The message names a row; what the row says is done, and nothing else: a node is released only for what was
 * proven in its current attempt, and quarantined only for the failure that the state machine noted.
 *
 * @param run the row that the message names; undefined if there is none
 * @param cluster the cluster of the function
 */
export function authorize(action: ClusterMessage['action'], run: RunRecord | undefined, cluster: string): Authorized {
  const launch = run?.launch;
  if (run === undefined || launch === undefined) return { refused: 'the ledger does not know the launch' };
  if (launch.cluster !== cluster) return { refused: `the launch belongs to the cluster ${launch.cluster}` };
  if (run.outcome !== undefined) return { refused: `the run has ended: ${run.outcome}` };
  if (action === 'close') return close({ ...run, launch });
  return action === 'release' ? release({ ...run, launch }) : quarantine({ ...run, launch });
}

type KnownRun = RunRecord & Required<Pick<RunRecord, 'launch'>>;

/** A node is closed for a new launch of its instance, before anything was sent to it. */
function close({ launch, token }: KnownRun): Authorized {
  if (launch.relaunched !== true) return { refused: 'no earlier launch of the instance was admitted' };
  if (token !== undefined) return { refused: 'the run is past its beginning' };
  return { call: { action: 'close', launch } };
}

function release({ launch, token, provenToken, installation, failure, cancelledAt }: KnownRun): Authorized {
  if (failure !== undefined) return { refused: `the run has failed: ${failure.outcome}` };
  if (cancelledAt !== undefined) return { refused: 'the run was halted' };
  if (installation === undefined || token === undefined || provenToken !== token) {
    return { refused: 'nothing was proven in the current attempt' };
  }
  return { call: { action: 'release', launch, installation } };
}

function quarantine({ launch, failure, disposition: verdict }: KnownRun): Authorized {
  if (failure === undefined) return { refused: 'the run has not failed' };
  // Without a verdict nothing is done that could launch another.
  const breakerOpen = verdict === undefined || verdict === 'hold';
  return { call: { action: 'quarantine', launch, failure, breakerOpen, once: verdict === 'replace' } };
}
