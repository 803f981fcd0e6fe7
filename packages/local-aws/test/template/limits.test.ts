// Examples from each service's quota page.
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../clock.ts';
import { LocalCloud } from '../../cloud.ts';
import { here } from '../../gateway/service.ts';
import { queueResourceTypes } from '../../services/sqs/resources.ts';
import { Sqs } from '../../services/sqs/sqs.ts';
import { assemblyOf } from '../app/sample.ts';

const deploy = async (Resources: object) => {
  const cloud = await LocalCloud.deploy(assemblyOf({ Resources }), { clock: new VirtualClock() });
  await cloud.stop();
};
const statement = (length: number) => ({
  Effect: 'Allow',
  Action: 'sqs:SendMessage',
  Resource: `arn:aws:sqs:eu-central-1:123456789012:${'q'.repeat(length)}`,
});
const document = (...lengths: number[]) => ({ Version: '2012-10-17', Statement: lengths.map(statement) });
const role = {
  Type: 'AWS::IAM::Role',
  Properties: {
    AssumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } }],
    },
  },
};
const policy = (PolicyName: string, length: number) => ({
  Type: 'AWS::IAM::Policy',
  Properties: { PolicyName, PolicyDocument: document(length), Roles: [{ Ref: 'Role' }] },
});

describe('a template that AWS would refuse for its size', () => {
  it('has inline policies of a role that are too large together', async () => {
    await deploy({ Role: role, One: policy('one', 4_500), Other: policy('other', 4_500) });

    await expect(deploy({ Role: role, One: policy('one', 5_500), Other: policy('other', 5_500) })).rejects.toThrow(
      /Other \(AWS::IAM::Policy\) cannot be made: Maximum policy size of 10240 bytes exceeded for role/,
    );
  });

  it('has a resource policy of CloudWatch Logs that is too large', async () => {
    const writers = (length: number) => ({
      Type: 'AWS::Logs::ResourcePolicy',
      Properties: {
        PolicyName: 'writers',
        PolicyDocument: JSON.stringify({
          Version: '2012-10-17',
          Statement: [
            { ...statement(length), Action: 'logs:PutLogEvents', Principal: { Service: 'events.amazonaws.com' } },
          ],
        }),
      },
    });
    await deploy({ Writers: writers(4_000) });

    await expect(deploy({ Writers: writers(5_200) })).rejects.toThrow(
      /Member must have length less than or equal to 5120/,
    );
  });

  it('has a queue policy that is too large', () => {
    const sqs = new Sqs({ clock: new VirtualClock(), env: here });
    const [queue, queuePolicy] = queueResourceTypes(sqs);
    const stack = { name: 'test', id: 'test', incarnation: '' } as never;
    const made = queue?.create('Queue', {}, stack, '') as { ref: string };
    const create = (length: number) =>
      queuePolicy?.create('Policy', { Queues: [made.ref], PolicyDocument: document(length) }, stack, '');

    expect(() => create(8_200)).toThrow('Invalid value for the parameter Policy.');
    expect(create(7_000)).toMatchObject({ ref: expect.any(String) });
  });
});
