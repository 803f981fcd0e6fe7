import { incidentsPartition } from '../../domain/incidents.ts';
import type { ScenarioName } from '../scenarios/registry.ts';
import type { Copy } from './assembly.ts';
import type { Mutation } from './mutation.ts';

/** Rights that a released node does not need, and the scenario that does. */
const needed: Readonly<Record<string, ScenarioName>> = {
  'DispatchRole dynamodb:UpdateItem on agents': 'a node gets its command when agents of its pool usually come',
  'CancellationRole ssm:ListCommands': 'a command that was sent and not noted is found at the deadline, and cancelled',
  'AdmissionRole sqs:ChangeMessageVisibility': 'a launch that EC2 does not show yet is admitted seconds after it does',
  'AdmissionRole sqs:SendMessage': 'a stop without an event ends the earlier launch',
  'DispatchRole ssm:ListCommands': 'a claim whose command was never sent is looked for, and sent',
  'DispatchRole dynamodb:UpdateItem on breakers':
    'while the breaker is open one node is tried at a time, and a success closes it',
  'DispatchRole states:SendTaskFailure': 'an agent that is too old gets no command',
  'DispatchRole sqs:ChangeMessageVisibility': 'an agent that comes after ten minutes is not too late',
  'RemediationRole ec2:TerminateInstances': 'a node that failed is replaced if its pool says so',
  'RemediationRole autoscaling:CompleteLifecycleAction': 'a launch hook is answered by a release and by a failure',
  'RemediationRole autoscaling:TerminateInstanceInAutoScalingGroup': 'a group ends its own instance that failed',
  'WorkflowStateMachineRole dynamodb:GetItem': 'a tag with a shell in it is refused',
  'WorkflowStateMachineRole lambda:InvokeFunction': 'a proof that fails ends in quarantine',
  'TerminationsRole sqs:ChangeMessageVisibility': 'an end that is written and not told is waited for, and told',
  'ResultsRole states:SendTaskFailure': 'a proof that fails ends in quarantine',
  'ResultsRole sqs:ChangeMessageVisibility': 'a result that SSM does not show yet is read seconds later',
  ...Object.fromEntries(
    [
      'ClusterdemoManifestsGrantRole',
      'ClusterdemoManifestsPrepareRole',
      'ClusterdemoManifestsCustomResourceProviderRole',
      'LookUpFindRole',
      'LookUpCustomResourceProviderRole',
    ].flatMap((role) =>
      ['logs:CreateLogStream', 'logs:PutLogEvents'].map((right) => [
        `${role} ${right}`,
        'a cluster is prepared, and left as it was' as const,
      ]),
    ),
  ),
  'ClusterdemoManifestsCustomResourceProviderRole lambda:GetFunction':
    'a function that is not there yet is waited for by the deployment',
  'LookUpCustomResourceProviderRole lambda:GetFunction':
    'a function that is not there yet is waited for by the deployment',
  'ClusterdemoClusterRole states:SendTaskFailure': 'a Node of the same name that is another instance keeps its gate',
  'ClusterdemoClusterRole sqs:ChangeMessageVisibility': 'a node whose kubelet comes after five minutes is released',
  'ReconcileRole ssm:ListCommandInvocations': 'a result without an event is asked for',
  'ReconcileRole ssm:ListCommands': 'a command that no row knows is found by its comment',
  'ReconcileRole states:SendTaskSuccess': 'a result without an event is asked for',
  'ReconcileRole states:SendTaskFailure': 'a failure without an event is asked for',
  'ReconcileRole states:StartExecution': 'a launch without an event is found',
  'ReconcileRole states:StopExecution': 'a node that hangs in its execution is ended',
  'ReconcileRole dynamodb:Query': 'a launch without an event is found',
  'ReconcileRole dynamodb:UpdateItem': 'a launch without an event is found',
  'ReconcileRole dynamodb:UpdateItem on incidents':
    'three failures open the breaker, and the alarm and an event say so',
  'ReconcileRole sqs:SendMessage': 'a termination without an event ends the node',
  'ReconcileRole events:PutEvents': 'a launch without an event is found',
};

/**
 * Roles of functions that a released node does not need, and the scenario that needs all of their rights except those
 * above.
 */
const neededByRole: Readonly<Record<string, ScenarioName>> = {
  CancellationRole: 'an installation that still runs at the deadline is cancelled and awaited',
  RemediationRole: 'three failures open the breaker, and the alarm and an event say so',
  TerminationsRole: 'an instance that goes away ends at once',
};

interface Statement {
  Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: object;
}

/** One mutation for each single grant of each role: that action of that statement is dropped. */
export function grantMutations(copy: Copy): readonly Mutation[] {
  const mutations: Mutation[] = [];
  for (const [id, { Properties }] of copy.all('AWS::IAM::Policy')) {
    const role = id.replace(/DefaultPolicy[0-9A-F]{8}$/, '').replace(/[0-9A-F]{8}$/, '');
    const statements = Properties['PolicyDocument'].Statement as Statement[];
    statements.forEach((statement, index) => {
      for (const action of [statement.Action].flat()) {
        mutations.push({
          name: `grant dropped: ${role} ${action}${statements.filter((one) => [one.Action].flat().includes(action)).length > 1 ? ` on ${resourceOf(statement)}` : ''}`,
          apply: (mutant) => dropAction(mutant, id, index, action),
          turnsRed:
            needed[`${role} ${action}${ofRuns(statement) ? '' : ` on ${resourceOf(statement)}`}`] ??
            neededByRole[role] ??
            'two tagged launches are released',
        });
      }
    });
  }
  for (const [id, { Properties }] of copy.all('AWS::IAM::Role')) {
    for (const [index] of ((Properties['ManagedPolicyArns'] ?? []) as unknown[]).entries()) {
      mutations.push({
        name: `grant dropped: ${id.replace(/[0-9A-F]{8}$/, '')} managed policy ${index + 1}`,
        apply: (mutant) => {
          mutant.template.Resources[id]?.Properties['ManagedPolicyArns'].splice(index, 1);
        },
        turnsRed: 'two tagged launches are released',
      });
    }
  }
  return mutations;
}

function dropAction(copy: Copy, policy: string, index: number, action: string): void {
  const document = copy.template.Resources[policy]?.Properties['PolicyDocument'] as { Statement: Statement[] };
  const statement = document.Statement[index];
  if (statement === undefined) throw new Error(`${policy} has no statement ${index}`);
  statement.Action = [statement.Action].flat().filter((one) => one !== action);
  if (statement.Action.length === 0) document.Statement.splice(index, 1);
  // A policy without a statement is invalid.
  if (document.Statement.length === 0) copy.drop('AWS::IAM::Policy', policy);
}

/** The kind of records that a statement covers, by how their keys begin. */
function rowsOf({ Condition }: Statement): 'agents' | 'breakers' | 'incidents' | 'runs' {
  const text = JSON.stringify(Condition ?? {});
  if (text.includes('agents *')) return 'agents';
  if (text.includes(incidentsPartition)) return 'incidents';
  return text.includes('breaker *') ? 'breakers' : 'runs';
}

/** Whether a statement only covers records of runs. */
function ofRuns(statement: Statement): boolean {
  return rowsOf(statement) === 'runs';
}

function resourceOf(statement: Statement): string {
  if (statement.Action === 'dynamodb:UpdateItem') return rowsOf(statement);
  const { Resource } = statement;
  return JSON.stringify(Resource).includes(':instance/') ? 'instances' : 'documents';
}
