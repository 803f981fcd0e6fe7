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
  /** The ARN of its instance profile. */
  instanceProfile: string | undefined;
  readonly reservationId: string;
  readonly index: number;
  state: InstanceStateName;
  /** Milliseconds since the epoch; a stop and a start renew it. */
  launchTime: number;
  /** From when on it is shown, in milliseconds since the epoch. */
  readonly shownFrom: number;
  terminatedAt: number | undefined;
}
