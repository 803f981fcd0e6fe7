import { type ClusterNode, eventMessageLimit, eventSource } from '../../domain/kubernetes.ts';
import { outcomeOf } from '../../domain/outcomes.ts';
import type { Receipt } from '../../domain/receipt.ts';
import type { NodeEvent } from '../adapters/kubernetes.ts';

/** Builds the Event that shows people in the cluster what happened to a node and what to do about it. */
export function eventOf(node: ClusterNode, receipt: Receipt): NodeEvent {
  const { installation, outcome, detail } = receipt;
  const { sentence, operator } = outcomeOf(outcome);
  const more = detail === '' ? '' : ` ${detail}.`;
  const message =
    installation === undefined
      ? `${outcome}: ${sentence} Runbook: docs/operate/outcomes.md#${outcome}.${more} What to do: ${operator}`
      : `${outcome}: ${installation.runtime} ${installation.version} as ${installation.handler}, ` +
        `${Math.round(receipt.totalMs / 1_000)} s after the launch.${more}`;
  return {
    node: { name: node.name, uid: node.uid },
    type: installation === undefined ? 'Warning' : 'Normal',
    reason: installation === undefined ? eventSource.quarantined : eventSource.released,
    message: message.length <= eventMessageLimit ? message : `${message.slice(0, eventMessageLimit - 1)}…`,
    at: Date.parse(receipt.endedAt),
  };
}
