import type { ServiceModel } from './service-model.ts';

/** What the models of Debian 12's AWS CLI, 2.9.19 of January 2023, do not have yet. */
const later: readonly RegExp[] = [
  /^eks:\w+AccessEntry is no operation$/,
  /^eks:(Associate|Disassociate)AccessPolicy is no operation$/,
  /^eks:DescribeCluster answers cluster\.accessConfig: is no member$/,
  /^sqs:ReceiveMessage takes MessageSystemAttributeNames: is no member$/,
  /^ec2:DescribeInstances answers .*\.InstanceType: "\S+" is none of /,
  // Lists of errors grew.
  / fails with \w+, and has only /,
];

/**
 * Whether models are older than what the local cloud knows.
 *
 * @param eks the model of EKS
 */
export function isDated(eks: ServiceModel | undefined): boolean {
  return eks !== undefined && eks.operations['CreateAccessEntry'] === undefined;
}

/** Whether a difference is one of a dated model. */
export function isLater(difference: string): boolean {
  return later.some((pattern) => pattern.test(difference));
}
