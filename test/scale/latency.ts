import type { Faults } from '../../packages/local-aws/aws.ts';
import type { Clock } from '../../packages/local-aws/clock.ts';

/**
 * How long calls take, in milliseconds, by service or by operation, inside one region. AWS publishes no such times, so
 * these are assumptions; they matter because batches form while calls are in progress.
 */
const usual: Readonly<Record<string, number>> = {
  autoscaling: 80,
  dynamodb: 6,
  ec2: 120,
  events: 25,
  lambda: 15,
  logs: 0,
  sqs: 10,
  ssm: 80,
  'ssm:SendCommand': 200,
  states: 30,
};

/** Makes each AWS service call take its time on the clock. */
export function latency(clock: Clock): Faults {
  return {
    beforeCall: async ({ service, operation }) => {
      const ms = usual[`${service}:${operation}`] ?? usual[service] ?? 0;
      if (ms > 0) await clock.sleep(ms);
      return undefined;
    },
  };
}
