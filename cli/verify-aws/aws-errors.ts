import type { Rule, Rules } from '../../lambdas/adapters/aws-errors.ts';

const said: Rule = ['answer', 'The check fails, and shows the error.'];
const noStack: Rule = ['answer', 'The stack is not deployed: the check fails and reports that.'];
const all = (names: readonly string[], rule: Rule): Rules => Object.fromEntries(names.map((name) => [name, rule]));

/**
 * Errors of each operation that only `airlock verify-aws` calls, by service and operation. A person runs it: only the
 * SDK retries, and every error is shown.
 */
export const verifyErrors = {
  'cloudformation:GetTemplate': { 'ValidationError: does not exist': noStack, ChangeSetNotFoundException: said },
  'cloudformation:ListStackResources': { 'ValidationError: does not exist': noStack },
  'iam:ListRolePolicies': all(['NoSuchEntityException', 'ServiceFailureException'], said),
  'iam:GetRolePolicy': all(['NoSuchEntityException', 'ServiceFailureException'], said),
  'iam:SimulateCustomPolicy': all(['InvalidInputException', 'PolicyEvaluationException'], said),
  'states:DescribeStateMachine': all(
    [
      'InvalidArn',
      'StateMachineDoesNotExist',
      'KmsAccessDeniedException',
      'KmsInvalidStateException',
      'KmsThrottlingException',
    ],
    said,
  ),
  'states:TestState': all(['InvalidArn', 'InvalidDefinition', 'InvalidExecutionInput', 'ValidationException'], said),
  'ssm:DescribeDocument': {
    ...all(
      ['InvalidDocument', 'InvalidDocumentVersion'],
      ['answer', 'The document is gone, or its first version is: the check fails and reports that.'],
    ),
    InternalServerError: said,
  },
  'logs:DescribeResourcePolicies': all(['InvalidParameterException', 'ServiceUnavailableException'], said),
  'ec2:RunInstances': all(
    ['InsufficientInstanceCapacity', 'InvalidLaunchTemplateName.NotFoundException', 'VcpuLimitExceeded'],
    said,
  ),
} as const satisfies Readonly<Record<string, Rules>>;
