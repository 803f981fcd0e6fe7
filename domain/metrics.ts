/** The CloudWatch namespace of every metric. */
export const metricNamespace = 'Airlock';

/** The metric for nodes that failed, by cluster; an alarm watches it. */
export const notReleased = 'NodeNotReleased';

/** The metric for nodes that got no command because the document was changed; an alarm watches it. */
export const documentChanged = 'DocumentChanged';

/** The Powertools service name of the cluster functions. */
export const clusterService = 'cluster';

/** The metric for a reconcile pass that read the whole fleet; an alarm watches for its absence. */
export const reconcileCompleted = 'ReconcileCompleted';

/** The Powertools service name of reconcile. */
export const reconcileService = 'reconcile';

/** The metric for breakers that opened, by cluster; an alarm watches it. */
export const breakerOpened = 'BreakerOpened';

/** The Powertools service name of remediation. */
export const remediationService = 'remediation';

/** The metrics of reconcile that alarms watch, each with the alarm's text. */
export const reconcileAlarms = {
  NodeStranded: 'Reconcile ended a launch that was past its deadline and had no end: its execution was aborted or hung',
  NodeUnclaimed: 'A node is behind the gate, but its instance has no tag that makes Airlock manage it',
} as const;
