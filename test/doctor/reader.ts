import type { DoctorReader } from '../../lambdas/doctor/ports.ts';

/** A reader of an account in which all is well. */
export function reader(change: Partial<DoctorReader> = {}): DoctorReader {
  return {
    unreservedConcurrency: async () => 1_000,
    logPolicies: async () => ({ names: ['one'], own: undefined }),
    quotas: async () => [{ what: 'IAM roles', service: 'iam', used: 900, limit: 1_000, needed: 30 }],
    cluster: async () => ({
      version: '1.34',
      authenticationMode: 'API',
      publicAccess: true,
      publicAccessCidrs: ['0.0.0.0/0'],
      privateAccess: false,
    }),
    groups: async () => [],
    instances: async () => [],
    agents: async () => new Map(),
    roleOfProfile: async () => 'arn:aws:iam::123456789012:role/nodes',
    roleArn: async (name) => `arn:aws:iam::123456789012:role/${name}`,
    deniedActions: async () => [],
    defaultHostRole: async () => undefined,
    status: async () => 200,
    fleet: async () => undefined,
    mirrored: async ({ sha256, size = 1 }) => ({ sha256, size, storedAt: '2026-11-28T12:00:00.000Z' }),
    ...change,
  };
}

/** An answer that does not come: the caller has no right. */
export const refused = async () => {
  throw Object.assign(new Error('User is not authorized to perform this'), { name: 'AccessDenied' });
};
