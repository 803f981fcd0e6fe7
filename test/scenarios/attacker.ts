import type { Simulation } from '../../packages/lab/simulation.ts';
import type { Principal } from '../../packages/local-aws/aws.ts';
import { readPolicy } from '../../packages/local-aws/iam.ts';

/** A role of the account that has one action, on every resource. */
export function roleWith(world: Simulation, action: string): Principal {
  const { iam } = world.cloud;
  const name = `only-${action.replace(':', '-')}`;
  const roleArn = `arn:aws:iam::123456789012:role/${name}`;
  const document = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: action, Resource: '*' }] };
  iam.roles.set(name, {
    arn: roleArn,
    name,
    id: 'AROAATTACKER00000000',
    trust: { statements: [] },
    policies: new Map([[action, readPolicy(document)]]),
    tags: {},
  });
  return { kind: 'role', roleArn, sessionName: 'attacker' };
}
