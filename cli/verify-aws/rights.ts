import {
  GetRolePolicyCommand,
  IAMClient,
  ListRolePoliciesCommand,
  SimulateCustomPolicyCommand,
} from '@aws-sdk/client-iam';
import { type DeployedResource, deployedResources } from './stack.ts';
import type { Finding } from './verify.ts';

/** What nobody in Airlock may do, whatever a policy says elsewhere. */
const forbidden: readonly { readonly action: string; readonly resource: string }[] = [
  { action: 'ssm:SendCommand', resource: 'arn:aws:ssm:*::document/AWS-RunShellScript' },
  { action: 'ec2:RunInstances', resource: '*' },
  { action: 'ec2:CreateTags', resource: '*' },
  { action: 'iam:PassRole', resource: '*' },
  { action: 'sts:AssumeRole', resource: '*' },
  { action: 's3:GetObject', resource: '*' },
];

/** Asks IAM itself, for each role of the stack, about what its policies allow and about what nobody may do. */
export async function simulateRights(): Promise<readonly Finding[]> {
  const roles = (await deployedResources()).filter(({ type }) => type === 'AWS::IAM::Role');
  const findings: Finding[] = [];
  for (const role of roles) findings.push(...(await simulateRole(role)));
  return findings;
}

async function simulateRole(role: DeployedResource): Promise<Finding[]> {
  const client = new IAMClient();
  const { PolicyNames = [] } = await client.send(new ListRolePoliciesCommand({ RoleName: role.physicalId }));
  const policies: string[] = [];
  for (const PolicyName of PolicyNames) {
    const { PolicyDocument } = await client.send(new GetRolePolicyCommand({ RoleName: role.physicalId, PolicyName }));
    if (PolicyDocument) policies.push(decodeURIComponent(PolicyDocument));
  }
  if (policies.length === 0) return [{ ok: true, text: `${role.logicalId}: has no policy of its own` }];
  const findings: Finding[] = [];
  for (const { action, resource } of forbidden) {
    const { EvaluationResults = [] } = await client.send(
      new SimulateCustomPolicyCommand({ PolicyInputList: policies, ActionNames: [action], ResourceArns: [resource] }),
    );
    const denied = EvaluationResults.every(({ EvalDecision }) => EvalDecision !== 'allowed');
    if (!denied) findings.push({ ok: false, text: `${role.logicalId}: may do ${action} on ${resource}` });
  }
  return findings.length > 0 ? findings : [{ ok: true, text: `${role.logicalId}: is denied what nobody may do` }];
}
