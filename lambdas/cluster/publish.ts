import { type ClusterNode, type PatchOperation, readinessCondition } from '../../domain/kubernetes.ts';
import type { Receipt } from '../../domain/receipt.ts';

/**
 * The patch of the status that publishes how a node ended, for the controller that owns the gate. It lands in the place where the condition
 * was read, or not at all; it is empty where the condition says so already.
 */
export function publish(node: ClusterNode, { outcome, detail, endedAt, installation }: Receipt): PatchOperation[] {
  const status = installation === undefined ? 'False' : 'True';
  const reason = outcome.replaceAll(/(?:^|-)([a-z])/g, (_match, letter: string) => letter.toUpperCase());
  const before = node.published;
  if (before?.status === status && before.reason === reason) return [];
  const message = detail === '' ? outcome : `${outcome}: ${detail}`;
  const value = {
    type: readinessCondition,
    status,
    reason,
    message,
    lastHeartbeatTime: endedAt,
    lastTransitionTime: endedAt,
  };
  const uid: PatchOperation = { op: 'test', path: '/metadata/uid', value: node.uid };
  if (before === undefined) return [uid, { op: 'add', path: '/status/conditions/-', value }];
  const at = `/status/conditions/${before.place}`;
  return [uid, { op: 'test', path: `${at}/type`, value: readinessCondition }, { op: 'replace', path: at, value }];
}
