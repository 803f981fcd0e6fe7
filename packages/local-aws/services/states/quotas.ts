/**
 * Step Functions' quotas per account and region:
 * https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
 */

import type { Clock } from '../../clock.ts';
import { AwsError } from '../../gateway/service.ts';
import { type Rate, Throttle } from '../throttle.ts';

/** The limited operations; `SendTask` is each of SendTaskSuccess, SendTaskFailure and SendTaskHeartbeat. */
export type Limited = 'StartExecution' | 'StateTransition' | 'SendTask' | 'DescribeExecution';

/** The table's column for regions other than us-east-1, us-west-2 and eu-west-1, for Standard workflows. */
const smallRegion: Readonly<Record<Limited, Rate>> = {
  StartExecution: { burst: 800, perSecond: 150 },
  StateTransition: { burst: 800, perSecond: 800 },
  SendTask: { burst: 1_500, perSecond: 300 },
  DescribeExecution: { burst: 250, perSecond: 10 },
};

const largeRegion: Readonly<Record<Limited, Rate>> = {
  StartExecution: { burst: 1_300, perSecond: 300 },
  StateTransition: { burst: 5_000, perSecond: 5_000 },
  SendTask: { burst: 3_000, perSecond: 500 },
  DescribeExecution: { burst: 300, perSecond: 15 },
};

/** A region's default quotas. */
export function quotasOf(region: string): Record<Limited, Rate> {
  return { ...(['us-east-1', 'us-west-2', 'eu-west-1'].includes(region) ? largeRegion : smallRegion) };
}

/** The buckets of one account and region. */
export class Buckets {
  readonly #buckets: Readonly<Record<Limited, Throttle>>;

  /** @param quotas may change while the cloud runs */
  constructor(clock: Clock, quotas: Readonly<Record<Limited, Rate>>) {
    const bucket = (name: Limited) => new Throttle(clock, () => quotas[name]);
    this.#buckets = {
      StartExecution: bucket('StartExecution'),
      StateTransition: bucket('StateTransition'),
      SendTask: bucket('SendTask'),
      DescribeExecution: bucket('DescribeExecution'),
    };
  }

  /** Lets a call pass. Throws AwsError ThrottlingException if the bucket is empty. */
  take(name: Limited): void {
    if (!this.#buckets[name].take()) throw new AwsError('ThrottlingException', 'Rate exceeded');
  }

  /** A transition over the quota is not lost, but delayed. */
  transition(): Promise<void> {
    return this.#buckets.StateTransition.wait();
  }
}
