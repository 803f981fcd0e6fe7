import type { V1PolicyRule } from '@kubernetes/client-node';

/** The cluster-wide permissions of Airlock's identity: exactly the verbs that its function uses. */
export const clusterRules: readonly V1PolicyRule[] = [
  { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'watch', 'patch'] },
  // To name the DaemonSets that the gate blocks on a node that is never Ready.
  { apiGroups: ['apps'], resources: ['daemonsets'], verbs: ['list'] },
];

/** An additional permission if Airlock publishes a condition for the controller that owns the gate. */
export const publishRules: readonly V1PolicyRule[] = [
  { apiGroups: [''], resources: ['nodes/status'], verbs: ['patch'] },
];

/** Its permission in the namespace for Events about Nodes. */
export const eventRules: readonly V1PolicyRule[] = [{ apiGroups: [''], resources: ['events'], verbs: ['create'] }];

/** Its permissions in its own namespace: create, read and delete the proof pod, and read why it does not run. */
export const proofRules: readonly V1PolicyRule[] = [
  { apiGroups: [''], resources: ['pods'], verbs: ['create', 'list', 'watch', 'delete'] },
  { apiGroups: [''], resources: ['events'], verbs: ['list'] },
];
