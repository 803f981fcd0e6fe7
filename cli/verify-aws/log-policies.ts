import { CloudWatchLogsClient, DescribeResourcePoliciesCommand } from '@aws-sdk/client-cloudwatch-logs';
import type { CheckResult } from './check-result.ts';
import { type DeployedResource, deployedResources } from './stack.ts';

/**
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html: resource policies per region;
 * the quota cannot be raised.
 */
const mostPolicies = 10;

/** Asks CloudWatch Logs whether there is room for the resource policy that lets EventBridge write the audit trail. */
export async function countLogPolicies(): Promise<readonly CheckResult[]> {
  const { names, own } = await logPolicies();
  return [judgeLogPolicies(names, own)];
}

/**
 * The names of the account's resource policies of CloudWatch Logs in the region, and of Airlock's own if it is
 * deployed.
 */
export async function logPolicies(): Promise<{ readonly names: readonly string[]; readonly own: string | undefined }> {
  const { resourcePolicies = [] } = await new CloudWatchLogsClient().send(new DescribeResourcePoliciesCommand({}));
  const resources = await deployedResources().catch(unlessThereIsNoStack);
  const own = resources.find(({ type }) => type === 'AWS::Logs::ResourcePolicy')?.physicalId;
  return { names: resourcePolicies.map(({ policyName = '' }) => policyName), own };
}

/** Before the first deployment there is no stack to read. */
function unlessThereIsNoStack(error: Error): readonly DeployedResource[] {
  if (/does not exist/.test(error.message)) return [];
  throw error;
}

/**
 * Whether there is room for Airlock's policy.
 *
 * @param names the account's policies in the region
 * @param own the name of Airlock's policy, if it is deployed
 */
export function judgeLogPolicies(names: readonly string[], own: string | undefined): CheckResult {
  const count = `${names.length} of ${mostPolicies} CloudWatch Logs resource policies are used in this region`;
  if (own !== undefined && names.includes(own)) return { ok: true, text: `${count}, one of them by Airlock` };
  if (names.length < mostPolicies) return { ok: true, text: `${count}: there is room for Airlock's` };
  return {
    ok: false,
    text: `${count}, and Airlock needs one: delete one, or merge several into one; ${names.join(', ')}`,
  };
}
