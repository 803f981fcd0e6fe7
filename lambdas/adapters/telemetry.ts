import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Scope } from '../../domain/breaker.ts';
import {
  breakerOpened,
  documentChanged,
  metricNamespace,
  notReleased,
  type reconcileAlarms,
  type reconcileCompleted,
} from '../../domain/metrics.ts';
import { endingOf, type OutcomeCode } from '../../domain/outcomes.ts';
import type { Receipt } from '../../domain/receipt.ts';

/** The structured logger of the function. The service name comes from POWERTOOLS_SERVICE_NAME. */
export const logger = new Logger();

/** Metrics in CloudWatch's embedded format. They are part of the function's log, so they need no extra permission. */
const metrics = new Metrics({ namespace: metricNamespace });

/** Counts the end of a launch by outcome, runtime and cluster, and measures the time from launch to end. */
export function countEnd(receipt: Receipt, runtime: string): void {
  const { outcome, cluster, totalMs } = receipt;
  const one = metrics.singleMetric();
  one.addDimensions({ outcome: outcome satisfies OutcomeCode, cluster, runtime });
  one.addMetric('NodeEnded', MetricUnit.Count, 1);
  const duration = metrics.singleMetric();
  duration.addDimensions({ cluster, runtime });
  duration.addMetric('LaunchToEnd', MetricUnit.Milliseconds, totalMs);
  const ending = endingOf(outcome);
  if (ending === 'done' || ending === 'discard') return;
  const failed = metrics.singleMetric();
  failed.addDimensions({ cluster });
  failed.addMetric(notReleased, MetricUnit.Count, 1);
  if (outcome === 'document-changed') metrics.singleMetric().addMetric(documentChanged, MetricUnit.Count, 1);
}

/** Counts that a breaker opened. */
export function countOpened({ cluster }: Scope): void {
  const one = metrics.singleMetric();
  one.addDimensions({ cluster });
  one.addMetric(breakerOpened, MetricUnit.Count, 1);
}

/** Counts something that happened in a batch, with the service as the only dimension. */
export function count(
  name:
    | 'EventUnreadable'
    | 'MessageRefused'
    | 'NotOurs'
    | 'Admitted'
    | 'CommandSent'
    | 'NodeWaiting'
    | 'StrangerResult'
    | 'LaunchMissed'
    | 'ResultOverdue'
    | 'TerminationMissed'
    | 'NodeOutdated'
    | 'NodeDrifted'
    | 'NodeHeld'
    | keyof typeof reconcileAlarms
    | typeof reconcileCompleted,
  times: number,
): void {
  if (times > 0) metrics.singleMetric().addMetric(name, MetricUnit.Count, times);
}
