/** Instances: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Instance.html */
import type { InstanceStateName } from '@aws-sdk/client-ec2';

/** An instance as the store keeps it. */
export interface StoredInstance {
  readonly id: string;
  readonly arn: string;
  tags: Readonly<Record<string, string>>;
  readonly availabilityZone: string;
  readonly privateDnsName: string;
  readonly instanceType: string;
  readonly architecture: 'arm64' | 'x86_64';
  readonly spot: boolean;
  /** Its instance profile's ARN. */
  instanceProfile: string | undefined;
  readonly reservationId: string;
  readonly index: number;
  state: InstanceStateName;
  /** Milliseconds since the epoch; a stop and a start renew it. */
  launchTime: number;
  /** When EC2 begins to show it, in milliseconds since the epoch. */
  readonly shownFrom: number;
  terminatedAt: number | undefined;
}
