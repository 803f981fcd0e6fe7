import type { V1PolicyRule } from '@kubernetes/client-node';

/** What Airlock's identity may do in the whole cluster: exactly the verbs that its function uses. */
export const clusterRules: readonly V1PolicyRule[] = [
  { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'watch', 'patch'] },
  // To name those that the gate keeps out of a node that is never Ready.
  { apiGroups: ['apps'], resources: ['daemonsets'], verbs: ['list'] },
];

/** What it may do besides if it publishes a condition for the controller that owns the gate. */
export const publishRules: readonly V1PolicyRule[] = [
  { apiGroups: [''], resources: ['nodes/status'], verbs: ['patch'] },
];

/** What it may do in the namespace where Events about Nodes stand. */
export const eventRules: readonly V1PolicyRule[] = [{ apiGroups: [''], resources: ['events'], verbs: ['create'] }];

/** What it may do in its own namespace: make the proof pod, look at it, delete it, and read why it does not run. */
export const proofRules: readonly V1PolicyRule[] = [
  { apiGroups: [''], resources: ['pods'], verbs: ['create', 'list', 'watch', 'delete'] },
  { apiGroups: [''], resources: ['events'], verbs: ['list'] },
];
