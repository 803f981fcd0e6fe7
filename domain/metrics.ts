import type { FunctionName } from './function-settings.ts';

/** The CloudWatch namespace of every metric that Airlock emits. */
export const metricNamespace = 'Airlock';

/** What a metric can be split by. `service` is the function that emits it. */
export type Dimension = 'service' | 'cluster' | 'pool' | 'runtime' | 'version' | 'phase' | 'outcome' | 'missed';

/** One metric. */
export interface MetricDefinition {
  readonly unit: 'Count' | 'Milliseconds' | 'Seconds' | 'Percent';
  /** The sets of dimensions that each value is recorded under. Each set with its values is one metric on the bill. */
  readonly dimensions: readonly (readonly Dimension[])[];
  /** The functions that emit it. */
  readonly emittedBy: readonly FunctionName[];
  readonly meaning: string;
}

const byService = [['service']] as const;

/** Every metric that Airlock emits. `docs/operate/metrics.md` is made from this list. */
export const metrics = {
  LaunchEnded: {
    unit: 'Count',
    dimensions: [['cluster', 'pool', 'outcome']],
    emittedBy: ['cluster', 'remediation', 'terminations'],
    meaning: 'A run of a launch came to its end, with this outcome',
  },
  ReleaseRate: {
    unit: 'Percent',
    dimensions: [['cluster']],
    emittedBy: ['cluster', 'remediation'],
    meaning: '100 for a run that ended with a release, 0 for one that did not: the average is the rate',
  },
  LaunchToRelease: {
    unit: 'Milliseconds',
    dimensions: [['cluster'], ['cluster', 'pool', 'runtime', 'version']],
    emittedBy: ['cluster'],
    meaning: 'From the launch of an instance to its release, of first runs only',
  },
  PhaseTime: {
    unit: 'Milliseconds',
    dimensions: [['cluster', 'pool', 'runtime', 'version', 'phase']],
    emittedBy: ['cluster'],
    meaning: 'How long a released node took from one point of its launch to the next',
  },
  GatedNodes: {
    unit: 'Count',
    dimensions: [['cluster']],
    emittedBy: ['reconcile'],
    meaning: 'Nodes of tagged instances behind their gate, as reconcile sees them; absent if there are none',
  },
  OldestGatedAge: {
    unit: 'Seconds',
    dimensions: [['cluster']],
    emittedBy: ['reconcile'],
    meaning: 'How long the first of them has taken no pods: since its launch, or since its gate returned',
  },
  BreakersOpen: {
    unit: 'Count',
    dimensions: [['cluster']],
    emittedBy: ['reconcile', 'remediation'],
    meaning: 'Open breakers: 1 when one opens, then their number with each reconcile run; absent if all are closed',
  },
  RolloutsStopped: {
    unit: 'Count',
    dimensions: [['cluster']],
    emittedBy: ['reconcile'],
    meaning: 'Rollouts that stopped because a node failed or the breaker is open; absent if there are none',
  },
  AdvisoriesLate: {
    unit: 'Count',
    dimensions: [['cluster']],
    emittedBy: ['reconcile'],
    meaning:
      'Advisories that a pool has not fixed by their deadline, or will not at the pace of its rollout; absent if there are none',
  },
  EventMissed: {
    unit: 'Count',
    dimensions: [['service'], ['service', 'missed']],
    emittedBy: ['reconcile'],
    meaning: 'Reconcile found a launch, a result or a termination that no event had reported',
  },
  NodeStranded: {
    unit: 'Count',
    dimensions: byService,
    emittedBy: ['reconcile'],
    meaning: 'A launch was past its deadline and had no end, and reconcile ended it',
  },
  NodeUnclaimed: {
    unit: 'Count',
    dimensions: byService,
    emittedBy: ['reconcile'],
    meaning: 'A Node is behind the gate, and its instance has no tag that takes it into the airlock',
  },
  NodeDrifted: {
    unit: 'Count',
    dimensions: byService,
    emittedBy: ['reconcile'],
    meaning: 'A released Node lost what its release stood on',
  },
  NodeOutdated: {
    unit: 'Count',
    dimensions: byService,
    emittedBy: ['reconcile'],
    meaning: 'A released Node has another version than new launches get',
  },
  NodeHeld: {
    unit: 'Count',
    dimensions: byService,
    emittedBy: ['reconcile'],
    meaning: 'A launch that the breaker held could be tried again',
  },
  DoctorFindings: {
    unit: 'Count',
    dimensions: byService,
    emittedBy: ['doctor'],
    meaning: 'The scheduled doctor found an error, or could not look; only with doctor.schedule',
  },
  DocumentChanged: {
    unit: 'Count',
    dimensions: byService,
    emittedBy: ['remediation'],
    meaning: 'A node got no command, because its SSM document is not the one that was deployed',
  },
  CommandThrottled: {
    unit: 'Count',
    dimensions: byService,
    emittedBy: ['dispatch'],
    meaning: 'A node waits because AWS throttled SendCommand through all tries of one call',
  },
  CommandSent: {
    unit: 'Count',
    dimensions: byService,
    emittedBy: ['dispatch'],
    meaning: 'A command was sent to a node',
  },
  NodeWaiting: {
    unit: 'Count',
    dimensions: byService,
    emittedBy: ['dispatch'],
    meaning: 'A node was looked at whose agent is not online yet',
  },
  Admitted: {
    unit: 'Count',
    dimensions: byService,
    emittedBy: ['admission', 'reconcile'],
    meaning: 'A launch was admitted',
  },
  NotOurs: {
    unit: 'Count',
    dimensions: byService,
    emittedBy: ['admission'],
    meaning: 'An instance that is not managed by Airlock was launched',
  },
  StrangerResult: {
    unit: 'Count',
    dimensions: byService,
    emittedBy: ['results', 'reconcile'],
    meaning: 'A command ended that Airlock did not send',
  },
  EventUnreadable: {
    unit: 'Count',
    dimensions: byService,
    emittedBy: ['admission', 'dispatch', 'results', 'terminations', 'cluster'],
    meaning: 'A message has not the form of what its queue is for',
  },
  MessageRefused: {
    unit: 'Count',
    dimensions: byService,
    emittedBy: ['dispatch', 'cluster'],
    meaning: 'A message names no run that the ledger knows',
  },
  FunctionErrors: {
    unit: 'Count',
    dimensions: [[]],
    emittedBy: [],
    meaning:
      'A function crashed, timed out or threw: a metric filter on the logs of all functions counts the lines that Lambda writes',
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;

/** The name of a metric that Airlock emits. */
export type MetricName = keyof typeof metrics;

/** The dimensions that an emitter gives; `service` is added to them. */
export type DimensionsOf<Name extends MetricName> = {
  readonly [Key in Exclude<(typeof metrics)[Name]['dimensions'][number][number], 'service'>]: string;
};

/** A metric with no dimension but the function that emits it. */
export type ServiceCount = {
  [Name in MetricName]: (typeof metrics)[Name]['dimensions'] extends typeof byService ? Name : never;
}[MetricName];

/** One value of a metric. */
export type MetricPoint = {
  readonly [Name in MetricName]: {
    readonly name: Name;
    readonly dimensions: DimensionsOf<Name>;
    readonly value: number;
  };
}[MetricName];
