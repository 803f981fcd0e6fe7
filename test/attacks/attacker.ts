import type { Simulation } from '../../packages/lab/simulation.ts';
import type { Principal } from '../../packages/local-aws/aws.ts';
import { readPolicy } from '../../packages/local-aws/iam.ts';

/**
 * A principal of the account that may perform only these actions, on every resource.
 *
 * @returns the session of its role
 */
export function attackerWith(world: Simulation, ...actions: readonly [string, ...string[]]): Principal {
  const name = `With-${actions.join('-').replaceAll(':', '-')}`;
  const roleArn = `arn:aws:iam::123456789012:role/${name}`;
  const may = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] };
  world.cloud.iam.roles.set(name, {
    arn: roleArn,
    name,
    id: `AROA${name.toUpperCase().slice(0, 16)}`,
    trust: { statements: [] },
    policies: new Map([['may', readPolicy(may)]]),
    tags: {},
  });
  return { kind: 'role', roleArn, sessionName: 'attack' };
}

/** The error that an attacker receives: its code and message, or undefined if the call succeeds. */
export async function answerTo(
  world: Simulation,
  attacker: Principal,
  service: string,
  operation: string,
  input: unknown,
): Promise<string | undefined> {
  try {
    await world.cloud.aws.call(attacker, service, operation, input);
    return undefined;
  } catch (error) {
    const { code = 'no code', message } = error as { code?: string; message: string };
    return `${code}: ${message}`;
  }
}
