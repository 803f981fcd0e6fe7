import { DescribeStateMachineCommand, SFNClient, TestStateCommand } from '@aws-sdk/client-sfn';
import { deployedResources, resourceLike } from './stack.ts';
import type { Finding } from './verify.ts';

const node = {
  instanceId: 'i-00000000000000000',
  launchedAt: '2026-01-01T00:00:00.000Z',
  cluster: 'none',
  pool: 'none',
  nodeName: 'none',
  providerId: 'aws:///none/i-00000000000000000',
  deadline: '2026-01-01T00:20:00.000Z',
};
const failure = { outcome: 'proof-failed', detail: 'a test of the states' };
const variables = { node, failure, receipt: { version: 1, ...node, ...failure, endedAt: node.deadline, totalMs: 0 } };

/** States that call nothing: AWS itself evaluates their expressions. */
const pure = ['Admitted', 'Forget', 'Quarantined'];

/** Lets AWS evaluate the expressions of the states that call nothing, with the role and the definition as deployed. */
export async function testStates(): Promise<readonly Finding[]> {
  const client = new SFNClient();
  const machine = resourceLike(await deployedResources(), 'AWS::StepFunctions::StateMachine');
  const { definition = '{}', roleArn } = await client.send(
    new DescribeStateMachineCommand({ stateMachineArn: machine.physicalId }),
  );
  const findings: Finding[] = [];
  for (const stateName of pure) {
    const { status, error, cause } = await client.send(
      new TestStateCommand({
        definition,
        stateName,
        roleArn,
        input: JSON.stringify({ node, refused: failure }),
        variables: JSON.stringify(variables),
      }),
    );
    // The state Quarantined is a Fail state: to fail with the outcome is what it is for.
    const ok = status === 'SUCCEEDED' || (stateName === 'Quarantined' && error === failure.outcome);
    findings.push({ ok, text: `${stateName}: ${status}${ok ? '' : ` ${error}: ${cause}`}` });
  }
  return findings;
}
