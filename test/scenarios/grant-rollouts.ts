import { updateCondition, writableBy } from '../../domain/ledger-rights.ts';
import type { Simulation } from '../../packages/lab/simulation.ts';
import { readPolicy } from '../../packages/local-aws/iam.ts';
import type { Copy } from '../mutations/assembly.ts';
import { functionName } from './observe.ts';

/** What reconcile may do besides if `airlock.yaml` has the block `rollout`. A test of the template compares it. */
export const rolloutStatement = {
  Effect: 'Allow',
  Action: 'dynamodb:UpdateItem',
  Condition: writableBy('reconcile')
    .filter(({ kind }) => kind === 'rollout')
    .map(updateCondition)[0],
};

/** Grants it in a template, so that a test can switch rollouts on without another synthesis. */
export function grantRolloutsIn(copy: Copy): void {
  const { Properties } = copy.resource('AWS::IAM::Policy', 'ReconcileRoleDefaultPolicy');
  Properties['PolicyDocument'].Statement.push({ ...rolloutStatement, Resource: '*' });
}

/** Grants it in a cloud that runs. */
export function grantRollouts(world: Simulation): void {
  const { roleArn } = world.cloud.lambda.function(functionName(world, 'Reconcile')).settings;
  const document = { Version: '2012-10-17', Statement: [{ ...rolloutStatement, Resource: '*' }] };
  world.cloud.iam.role(roleArn).policies.set('rollouts', readPolicy(document));
}
