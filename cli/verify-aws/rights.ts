import {
  type ContextEntry,
  GetRolePolicyCommand,
  IAMClient,
  ListRolePoliciesCommand,
  SimulateCustomPolicyCommand,
} from '@aws-sdk/client-iam';
import type { CheckResult } from './check-result.ts';
import { grantsOf } from './grants.ts';
import { type DeployedResource, deployedResources } from './stack.ts';

/** What no role of Airlock may do, whatever a policy states. */
const forbidden: readonly { readonly action: string; readonly resource: string }[] = [
  { action: 'ssm:SendCommand', resource: 'arn:aws:ssm:*::document/AWS-RunShellScript' },
  { action: 'ec2:RunInstances', resource: '*' },
  { action: 'ec2:CreateTags', resource: '*' },
  { action: 'iam:PassRole', resource: '*' },
  { action: 'sts:AssumeRole', resource: '*' },
  { action: 's3:GetObject', resource: '*' },
];

/**
 * Asks IAM, for each role of the stack, whether it may do what its policies allow, only under their conditions, and
 * nothing that is forbidden.
 */
export async function simulateRights(): Promise<readonly CheckResult[]> {
  const roles = (await deployedResources()).filter(({ type }) => type === 'AWS::IAM::Role');
  const findings: CheckResult[] = [];
  for (const role of roles) findings.push(await simulateRole(new IAMClient(), role));
  return findings;
}

async function simulateRole(client: IAMClient, { logicalId, physicalId }: DeployedResource): Promise<CheckResult> {
  const policies = await policiesOf(client, physicalId);
  if (policies.length === 0) return { ok: true, text: `${logicalId}: has no policy` };
  const allowed = async (action: string, resource: string, context: readonly ContextEntry[] = []) => {
    const { EvaluationResults = [] } = await client.send(
      new SimulateCustomPolicyCommand({
        PolicyInputList: policies,
        ActionNames: [action],
        ResourceArns: [resource],
        ContextEntries: [...context],
      }),
    );
    return EvaluationResults.length > 0 && EvaluationResults.every(({ EvalDecision }) => EvalDecision === 'allowed');
  };
  const wrong: string[] = [];
  for (const { action, resource, context, excess } of policies.flatMap(grantsOf)) {
    if (!(await allowed(action, resource, context))) wrong.push(`is denied ${action} on ${resource}`);
    if (context.length > 0 && (await allowed(action, resource))) {
      wrong.push(`is allowed ${action} on ${resource} without its condition`);
    }
    if (excess !== undefined && (await allowed(action, resource, excess))) {
      wrong.push(`is allowed ${action} on ${resource} with a value outside its condition`);
    }
  }
  for (const { action, resource } of forbidden) {
    if (await allowed(action, resource)) wrong.push(`is allowed ${action} on ${resource}`);
  }
  const good = 'is allowed what it needs, only under its conditions, and nothing that is forbidden';
  return { ok: wrong.length === 0, text: `${logicalId}: ${wrong.length === 0 ? good : wrong.join('; ')}` };
}

async function policiesOf(client: IAMClient, RoleName: string): Promise<string[]> {
  const { PolicyNames = [] } = await client.send(new ListRolePoliciesCommand({ RoleName }));
  const policies: string[] = [];
  for (const PolicyName of PolicyNames) {
    const { PolicyDocument } = await client.send(new GetRolePolicyCommand({ RoleName, PolicyName }));
    if (PolicyDocument) policies.push(decodeURIComponent(PolicyDocument));
  }
  return policies;
}
