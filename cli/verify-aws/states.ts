import { DescribeStateMachineCommand, SFNClient, TestStateCommand } from '@aws-sdk/client-sfn';
import type { CheckResult } from './check-result.ts';
import { deployedResources, resourceLike } from './stack.ts';
import { casesOf, context, input, type StateCase, variables } from './state-cases.ts';

/**
 * Has AWS evaluate every state of the deployed definition. Each call of a state gets a mock answer, so nothing is
 * touched.
 */
export async function testStates(): Promise<readonly CheckResult[]> {
  const client = new SFNClient();
  const machine = resourceLike(await deployedResources(), 'AWS::StepFunctions::StateMachine');
  const { definition = '{}', roleArn } = await client.send(
    new DescribeStateMachineCommand({ stateMachineArn: machine.physicalId }),
  );
  const findings: CheckResult[] = [];
  for (const one of casesOf(definition)) findings.push(await test(client, definition, roleArn, one));
  return findings;
}

async function test(
  client: SFNClient,
  definition: string,
  roleArn: string | undefined,
  { stateName, when, mock, wanted }: StateCase,
): Promise<CheckResult> {
  const seen = await client.send(
    new TestStateCommand({
      definition,
      stateName,
      roleArn,
      input: JSON.stringify(input),
      variables: JSON.stringify(variables),
      // A context is accepted only together with a mock.
      ...(mock === undefined ? {} : { mock, context: JSON.stringify(context) }),
    }),
  );
  const ok = wanted.status.includes(seen.status ?? '') && (wanted.next === undefined || wanted.next === seen.nextState);
  const said = ok ? '' : `: ${seen.status} → ${seen.nextState ?? 'the end'} ${seen.error ?? ''} ${seen.cause ?? ''}`;
  return { ok, text: `${stateName}, ${when}${said.trimEnd()}` };
}
