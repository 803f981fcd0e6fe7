/**
 * Metrics that services report themselves:
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html and
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
 */
import type { EndedInvocation } from '../../lambda/function.ts';
import type { Sqs } from '../sqs/sqs.ts';
import type { MetricValue } from './metric-values.ts';

/** Errors of functions: each invocation reports 0 or 1, at the time at which it began. */
export function lambdaErrors(invocations: readonly EndedInvocation[]): readonly MetricValue[] {
  return invocations.map(({ functionName, at, failed }) => ({
    namespace: 'AWS/Lambda',
    name: 'Errors',
    dimensions: { FunctionName: functionName },
    value: failed ? 1 : 0,
    timestamp: at,
  }));
}

/**
 * How many messages of each queue could be received, for each minute since its oldest message arrived. Messages that
 * left the queue are not seen, so it is right for queues whose messages stay, which dead letters do.
 *
 * @param until milliseconds since the epoch
 */
export function visibleMessages(sqs: Sqs, until: number): readonly MetricValue[] {
  const minuteMs = 60_000;
  return sqs.all().flatMap((queue) => {
    const times = queue.arrivals();
    if (times.length === 0) return [];
    const first = Math.ceil(Math.min(...times) / minuteMs) * minuteMs;
    return Array.from({ length: Math.max(0, Math.floor((until - first) / minuteMs) + 1) }, (_, minute) => {
      const timestamp = first + minute * minuteMs;
      return {
        namespace: 'AWS/SQS',
        name: 'ApproximateNumberOfMessagesVisible',
        dimensions: { QueueName: queue.settings.name },
        value: times.filter((arrivedAt) => arrivedAt <= timestamp).length,
        timestamp,
      };
    });
  });
}
