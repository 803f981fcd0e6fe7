import { look } from '../../domain/doctor/look.ts';
import type { PoolTemplate, ProfileName } from '../../domain/doctor/templates/template.ts';
import type { Diagnosis, Finding, FindingCode } from '../../domain/findings.ts';
import { asked } from './asked.ts';
import type { FleetReader } from './ports.ts';

/** The codes that a look at the pools' roles can find. */
export const roleCodes: readonly FindingCode[] = ['AL0026', 'AL0027'];

/**
 * What the agent needs to register and to be sent a command. Source: AmazonSSMManagedInstanceCore, and the agent's own
 * source.
 */
const agentActions = [
  'ssm:UpdateInstanceInformation',
  'ssmmessages:CreateControlChannel',
  'ssmmessages:CreateDataChannel',
  'ssmmessages:OpenControlChannel',
  'ssmmessages:OpenDataChannel',
];

/** Looks at the instance profiles and roles of pools. */
export function examineRoles(reader: FleetReader, pools: readonly PoolTemplate[]): readonly Promise<Diagnosis>[] {
  return pools.flatMap((pool) => {
    const { profiles, role } = pool;
    if (role !== undefined) return [examineRole(reader, pool, role)];
    if ('unknown' in profiles) return [notKnown(pool, profiles.unknown)];
    return profiles.value.map((one) =>
      'prefix' in one
        ? notKnown(pool, `only the beginning of the profile's name is known, ${one.prefix}`)
        : examineProfile(reader, pool, nameOf(one)),
    );
  });
}

async function notKnown({ resource }: PoolTemplate, reason: string): Promise<Diagnosis> {
  return { checked: [], findings: [], notChecked: [{ codes: roleCodes, resource, reason }] };
}

function examineProfile(reader: FleetReader, pool: PoolTemplate, profile: string): Promise<Diagnosis> {
  return look(roleCodes, pool.resource, async () => {
    const arn = await asked(reader.roleOfProfile(profile));
    if (arn !== undefined) return checkAgentRights(reader, pool, arn);
    const { field } = pool.profiles;
    return found({
      code: 'AL0026',
      resource: pool.resource,
      field,
      seen: `${profile} does not exist or has no role`,
      values: { profile, role: 'ROLE' },
    });
  });
}

function examineRole(reader: FleetReader, pool: PoolTemplate, role: string): Promise<Diagnosis> {
  return look(roleCodes, pool.resource, async () => {
    const arn = role.startsWith('arn:') ? role : await asked(reader.roleArn(role));
    if (arn !== undefined) return checkAgentRights(reader, pool, arn);
    const values = { profile: 'PROFILE', role };
    return found({ code: 'AL0026', resource: pool.resource, field: 'role', seen: `${role} does not exist`, values });
  });
}

/**
 * SSM can give instances a role itself: Default Host Management Configuration. Then their own needs none of its rights.
 */
async function checkAgentRights(reader: FleetReader, { resource }: PoolTemplate, arn: string): Promise<Diagnosis> {
  const checked = [`role ${arn}`];
  const denied = await asked(reader.deniedActions(arn, agentActions));
  if (denied.length === 0 || (await asked(reader.defaultHostRole())) !== undefined)
    return { checked, findings: [], notChecked: [] };
  const role = arn.slice(arn.lastIndexOf('/') + 1);
  const seen = `${role} may not do ${denied.join(', ')}`;
  return found({ code: 'AL0027', resource, field: 'role', seen, values: { role } });
}

function found(finding: Finding): Diagnosis {
  return { checked: [finding.resource], findings: [finding], notChecked: [] };
}

function nameOf(profile: Exclude<ProfileName, { readonly prefix: string }>): string {
  return 'name' in profile ? profile.name : profile.arn.slice(profile.arn.lastIndexOf('/') + 1);
}
