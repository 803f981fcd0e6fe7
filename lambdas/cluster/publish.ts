import { type ClusterNode, type PatchOperation, readinessCondition } from '../../domain/kubernetes.ts';
import type { Receipt } from '../../domain/receipt.ts';

/** The content of the condition. */
interface Condition {
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
  /** ISO 8601. */
  readonly at: string;
}

/**
 * Builds the status patch that publishes how a node ended, for the controller that owns the gate. It only applies if
 * the condition is still at its index. It is empty if the condition already has this content.
 */
export function publish(node: ClusterNode, { outcome, detail, endedAt, installation }: Receipt): PatchOperation[] {
  const status = installation === undefined ? 'False' : 'True';
  const reason = outcome.replaceAll(/(?:^|-)([a-z])/g, (_match, letter: string) => letter.toUpperCase());
  const message = detail === '' ? outcome : `${outcome}: ${detail}`;
  return conditionPatch(node, { status, reason, message, at: endedAt });
}

/** Builds the status patch that revokes the condition of an earlier launch; empty if there is none. */
export function unpublish(node: ClusterNode, at: string): PatchOperation[] {
  if (node.published === undefined) return [];
  const message = 'the instance was started again and is not proven yet';
  return conditionPatch(node, { status: 'False', reason: 'StartedAgain', message, at });
}

function conditionPatch(node: ClusterNode, { status, reason, message, at: time }: Condition): PatchOperation[] {
  const before = node.published;
  if (before?.status === status && before.reason === reason) return [];
  const value = {
    type: readinessCondition,
    status,
    reason,
    message,
    lastHeartbeatTime: time,
    lastTransitionTime: time,
  };
  const uid: PatchOperation = { op: 'test', path: '/metadata/uid', value: node.uid };
  if (before === undefined) return [uid, { op: 'add', path: '/status/conditions/-', value }];
  const at = `/status/conditions/${before.place}`;
  return [uid, { op: 'test', path: `${at}/type`, value: readinessCondition }, { op: 'replace', path: at, value }];
}
