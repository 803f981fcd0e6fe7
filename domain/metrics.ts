/** The CloudWatch namespace of every metric. */
export const metricNamespace = 'Airlock';

/** The metric that an alarm watches, by cluster: nodes that ended in another way than they were launched for. */
export const notReleased = 'NodeNotReleased';

/** The metric that an alarm watches: nodes that got no command because the document was changed. */
export const documentChanged = 'DocumentChanged';

/** The service by which Powertools tags what the functions of clusters emit. */
export const clusterService = 'cluster';

/** The metric of a reconcile run that read the whole fleet; an alarm rings when it stays away. */
export const reconcileCompleted = 'ReconcileCompleted';

/** The service by which Powertools tags what reconcile emits. */
export const reconcileService = 'reconcile';

/** The metric that an alarm watches, by cluster: breakers that opened. */
export const breakerOpened = 'BreakerOpened';

/** The service by which Powertools tags what the function emits that judges failures. */
export const remediationService = 'remediation';

/** Metrics of reconcile for which an alarm rings, each with what it says. */
export const reconcileAlarms = {
  NodeStranded:
    'A node was past its deadline and had no end, and reconcile ended it: its execution was aborted or hung',
  NodeUnclaimed: 'A node stands behind the gate, and its instance has no tag that takes it into the airlock',
} as const;
