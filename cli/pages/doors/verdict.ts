import { type Door, isAbout, mentions, type Role, type Statement } from './template.ts';

/** Callers outside of the stack, from the most rights to the least. */
export const outsiders = ['principal', 'account', 'service', 'node', 'pod'] as const;

/** A caller outside of the stack. */
export type Outsider = (typeof outsiders)[number];

/** How the page describes each outsider. */
export const outsiderNames: Readonly<Record<Outsider, string>> = {
  principal: 'a principal of the account that has the right on every resource',
  account: 'another account',
  service: 'an AWS service that acts for another resource',
  node: 'the instance role of a node',
  pod: 'a pod',
};

/** What happens to a call. */
export type Verdict = 'denied' | 'not allowed' | 'no identity' | 'reaches';

/** What the policies decide about a call from outside. */
export function verdictOf(who: Outsider, { policy }: Door, action: string): Verdict {
  if (who === 'pod') return 'no identity';
  // Nodes have the policies that EKS and SSM require, which allow none of these actions.
  if (who === 'node') return 'not allowed';
  if (policy.some((statement) => isClosed(statement, action))) return 'denied';
  if (who === 'principal') return 'reaches';
  const open = policy.filter((one) => one.Effect === 'Allow' && isAbout(one, action));
  const reaches = open.some((one) => (who === 'service' ? isForAnyResource(one) : !isForServices(one)));
  return reaches ? 'reaches' : 'not allowed';
}

/** The stack's roles that may make a call and that the door admits. */
export function rolesThatMay(roles: readonly Role[], { id, policy }: Door, action: string): readonly Role[] {
  return roles.filter((role) => {
    const allowed = role.statements.some(
      (one) => one.Effect === 'Allow' && isAbout(one, action) && (isEverything(one) || mentions(one.Resource, id)),
    );
    return allowed && !policy.some((one) => isClosed(one, action) && !mentions(one.Condition, role.id));
  });
}

/** Whether a statement denies an action to every principal except those it lists by ARN. */
function isClosed(statement: Statement, action: string): boolean {
  const { Effect, Principal, Condition = {} } = statement;
  if (Effect !== 'Deny' || !isAbout(statement, action)) return false;
  const everyone = Principal === '*' || (Principal as { AWS?: unknown } | undefined)?.AWS === '*';
  const keys = Object.entries(Condition).flatMap(([operator, block]) =>
    Object.keys(block).map((key) => `${operator} ${key}`),
  );
  const listing = ['ArnNotEquals aws:PrincipalArn', 'ArnNotEquals aws:SourceArn'];
  return everyone && keys.every((key) => listing.includes(key));
}

function isEverything({ Resource }: Statement): boolean {
  return [Resource].flat().includes('*');
}

function isForServices({ Principal }: Statement): boolean {
  return typeof Principal === 'object' && Principal !== null && Object.keys(Principal).join() === 'Service';
}

function isForAnyResource(statement: Statement): boolean {
  return isForServices(statement) && !JSON.stringify(statement.Condition ?? {}).includes('"aws:SourceArn"');
}
