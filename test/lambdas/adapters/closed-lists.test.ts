/**
 * AWS's closed lists that decisions rest on, as the SDK has them. A value that AWS adds turns a test red, so that its
 * meaning is decided; until then a deployed Airlock waits for a status it does not know, and never acts on it.
 */
import { InstanceStateName } from '@aws-sdk/client-ec2';
import { AuthenticationMode } from '@aws-sdk/client-eks';
import { CommandInvocationStatus, PingStatus } from '@aws-sdk/client-ssm';
import { expect, it } from 'vitest';
import { terminationStates } from '../../../domain/events.ts';
import { hasEnded } from '../../../domain/invocation-status.ts';
import { isUnderWay } from '../../../lambdas/grant-cluster-admin/decide.ts';

const split = (values: readonly string[], test: (value: string) => boolean) => ({
  yes: values.filter(test).toSorted(),
  no: values.filter((value) => !test(value)).toSorted(),
});

it('a command has ended on an instance in each status that is final, and in no other', () => {
  expect(split(Object.values(CommandInvocationStatus), (status) => hasEnded({ status }))).toEqual({
    yes: ['Cancelled', 'Failed', 'Success', 'TimedOut'],
    no: ['Cancelling', 'Delayed', 'InProgress', 'Pending'],
  });
  expect(hasEnded({ status: 'SomethingNew' })).toBe(false);
});

it('an instance runs no launch any more in each state after its running one', () => {
  expect(split(Object.values(InstanceStateName), (state) => terminationStates.includes(state))).toEqual({
    yes: ['shutting-down', 'stopped', 'stopping', 'terminated'],
    no: ['pending', 'running'],
  });
});

it('an agent is online in one status only', () => {
  expect(Object.values(PingStatus).toSorted()).toEqual(['ConnectionLost', 'Inactive', 'Online']);
});

it('a cluster takes access entries in each mode except one', () => {
  expect(Object.values(AuthenticationMode).toSorted()).toEqual(['API', 'API_AND_CONFIG_MAP', 'CONFIG_MAP']);
});

it.each([
  'CREATE_COMPLETE',
  'UPDATE_COMPLETE',
  'DELETE_COMPLETE',
  'CREATE_FAILED',
  'IMPORT_IN_PROGRESS',
  'SOMETHING_NEW',
  undefined,
])('no request of CloudFormation is under way while its resource is %s', (status) => {
  for (const request of ['Create', 'Update', 'Delete'] as const) expect(isUnderWay(request, status)).toBe(false);
});
