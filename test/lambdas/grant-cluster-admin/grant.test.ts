import { describe, expect, it } from 'vitest';
import { grant } from '../../../lambdas/grant-cluster-admin/grant.ts';
import type { Ports } from '../../../lambdas/grant-cluster-admin/ports.ts';

const answer = { PhysicalResourceId: 'airlock-in-prod', Data: { Summary: '13 objects applied' } };

/** A simulation that records each call, in which CloudFormation gives the statuses one after the other. */
function worldOf(statuses: readonly (string | undefined)[], ports: Partial<Ports> = {}) {
  const calls: string[] = [];
  let look = 0;
  const note =
    <T>(name: string, value: T) =>
    async () => {
      calls.push(name);
      return value;
    };
  const all: Ports = {
    cluster: 'prod',
    status: async () => statuses[Math.min(look++, statuses.length - 1)],
    grantAccess: note('in', true),
    revokeAccess: note('out', undefined),
    prepare: note('prepare', answer),
    time: { sleep: note('sleep', undefined) },
    ...ports,
  };
  const ask = (RequestType: 'Create' | 'Update' | 'Delete') =>
    grant({ RequestType, ResourceProperties: { Version: 'v' } }, all);
  return { calls, ask };
}

describe("the administrator's right is granted for one request", () => {
  it.each([
    ['Create', 'CREATE_IN_PROGRESS'],
    ['Update', 'UPDATE_IN_PROGRESS'],
    ['Update', 'UPDATE_ROLLBACK_IN_PROGRESS'],
    ['Delete', 'DELETE_IN_PROGRESS'],
  ] as const)('%s while CloudFormation has the resource as %s, and is revoked', async (request, status) => {
    const { calls, ask } = worldOf([status]);

    expect(await ask(request)).toEqual(answer);
    expect(calls).toEqual(['in', 'prepare', 'out']);
  });

  it.each([
    ['Create', 'CREATE_COMPLETE'],
    ['Update', 'UPDATE_COMPLETE'],
    ['Delete', 'CREATE_COMPLETE'],
    ['Delete', 'UPDATE_COMPLETE'],
    ['Delete', 'UPDATE_IN_PROGRESS'],
    ['Delete', 'CREATE_IN_PROGRESS'],
    ['Create', 'DELETE_IN_PROGRESS'],
    ['Delete', undefined],
  ] as const)('but not for a %s while CloudFormation has it as %s', async (request, status) => {
    const { calls, ask } = worldOf([status]);

    await expect(ask(request)).rejects.toThrow(
      `cluster prod: ${request} was requested, but the resource's status in CloudFormation is ${status ?? 'unknown'}, so nothing was done`,
    );
    expect(calls).toEqual(['sleep', 'sleep', 'sleep']);
  });

  it('if the status is a moment behind', async () => {
    const { calls, ask } = worldOf(['CREATE_COMPLETE', 'UPDATE_IN_PROGRESS']);
    await ask('Update');

    expect(calls).toEqual(['sleep', 'in', 'prepare', 'out']);
  });

  it.each(['grantAccess', 'prepare'] as const)('and is revoked if %s fails', async (port) => {
    const { calls, ask } = worldOf(['UPDATE_IN_PROGRESS'], { [port]: () => Promise.reject(new Error('no')) });

    await expect(ask('Update')).rejects.toThrow('no');
    expect(calls.at(-1)).toBe('out');
  });

  it('and a right that cannot be revoked fails the request, with what to do', async () => {
    const { ask } = worldOf(['UPDATE_IN_PROGRESS'], { revokeAccess: () => Promise.reject(new Error('throttled')) });

    await expect(ask('Update')).rejects.toThrow(/could not be deleted \(Error: throttled\)\. Delete it: aws eks/);
  });
});

describe('a cluster that no longer exists in EKS', () => {
  const gone = { grantAccess: async () => false };

  it('has nothing left to delete', async () => {
    const { ask } = worldOf(['DELETE_IN_PROGRESS'], gone);

    expect((await ask('Delete')).Data.Summary).toBe('the cluster is gone');
  });

  it('cannot be prepared', async () => {
    await expect(worldOf(['UPDATE_IN_PROGRESS'], gone).ask('Update')).rejects.toThrow('remove it from airlock.yaml');
  });
});
