import { claimText } from '../../domain/claim-text.ts';
import type { RunRecord } from '../../domain/ledger.ts';
import type { ClusterMessage, NodeCall } from '../../domain/messages.ts';
import { detailLimit, type Failure } from '../../domain/receipt.ts';

/**
 * The call that a run record allows, or why there is none: the record does not support it, or an operator decided
 * otherwise.
 */
export type Authorized = { readonly call: NodeCall } | { readonly refused: string } | { readonly failure: Failure };

/**
 * Decides what may be done for a node. The message only names a run record, and the record decides. A node is released
 * only for what was proven in its current attempt and unless an operator closed its gate during the run, and
 * quarantined only for the failure that the state machine recorded.
 *
 * @param run the record that the message names; undefined if there is none
 * @param cluster the cluster of the function
 */
export function authorize(action: ClusterMessage['action'], run: RunRecord | undefined, cluster: string): Authorized {
  const launch = run?.launch;
  if (run === undefined || launch === undefined) return { refused: 'the launch is not in the ledger' };
  if (launch.cluster !== cluster) return { refused: `the launch belongs to the cluster ${launch.cluster}` };
  if (run.outcome !== undefined) return { refused: `the run has ended: ${run.outcome}` };
  if (action === 'close') return close({ ...run, launch });
  return action === 'release' ? release({ ...run, launch }) : quarantine({ ...run, launch });
}

type KnownRun = RunRecord & Required<Pick<RunRecord, 'launch'>>;

/** A node is closed for a new launch of its instance, before anything is sent to it. */
function close({ launch, token }: KnownRun): Authorized {
  if (launch.relaunched !== true) return { refused: 'no earlier launch of the instance was admitted' };
  if (token !== undefined) return { refused: 'the run has already sent a command' };
  return { call: { action: 'close', launch } };
}

function release(run: KnownRun): Authorized {
  const { launch, token, provenToken, installation, failure, cancelledAt, operatorAct } = run;
  if (failure !== undefined) return { refused: `the run has failed: ${failure.outcome}` };
  if (cancelledAt !== undefined) return { refused: 'the run is cancelled' };
  if (operatorAct?.act === 'quarantine' || operatorAct?.act === 'uninstall') {
    const { act, at, by, because } = operatorAct;
    const detail = claimText(`airlock ${act} at ${at} by ${by}: ${because}`, detailLimit);
    return { failure: { outcome: 'closed-by-operator', detail } };
  }
  if (installation === undefined || token === undefined || provenToken !== token) {
    return { refused: 'nothing was proven in the current attempt' };
  }
  return { call: { action: 'release', launch, installation } };
}

function quarantine({ launch, failure, disposition }: KnownRun): Authorized {
  if (failure === undefined) return { refused: 'the run has not failed' };
  // Without a disposition, nothing is done that could cause another launch.
  const breakerOpen = disposition === undefined || disposition === 'hold';
  return { call: { action: 'quarantine', launch, failure, breakerOpen, once: disposition === 'replace' } };
}
