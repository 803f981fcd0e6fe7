import { describe, expect, it } from 'vitest';
import { query } from '../../../local/aws/protocols/query.ts';
import { loadSdk } from '../../../local/aws/sdk.ts';

async function decode(form: string) {
  const sdk = await loadSdk('ec2');
  const body = Buffer.from(`Version=2016-11-15&${form}`);
  return query.decode(sdk, {
    method: 'POST',
    host: 'ec2.eu-central-1.amazonaws.com',
    path: '/',
    query: {},
    headers: {},
    body,
  });
}

describe('the form of an EC2 request', () => {
  it('is read by the names that EC2 gives to members', async () => {
    const form =
      'Action=DescribeInstances&Filter.1.Name=instance-id&Filter.1.Value.1=i-1&Filter.1.Value.2=i-2&MaxResults=5&DryRun=false';
    expect(await decode(form)).toEqual({
      operation: 'DescribeInstances',
      input: { Filters: [{ Name: 'instance-id', Values: ['i-1', 'i-2'] }], MaxResults: 5, DryRun: false },
      misfit: undefined,
    });
  });

  it('is refused for a key that no member accounts for', async () => {
    expect((await decode('Action=DescribeInstances&Filter.1.Values.1=i-1'))?.misfit).toEqual({
      kind: 'unknown',
      member: 'Filter.1.Values.1',
      message: 'The parameter Filter.1.Values.1 is not recognized',
    });
  });

  it('is refused for a list in a list, which the SDK sends as a text or as a deeper key', async () => {
    expect((await decode('Action=DescribeInstances&InstanceId.1.1=i-1'))?.misfit?.member).toBe('InstanceId.1.1');
  });

  it('names no operation that EC2 does not have', async () => {
    expect(await decode('Action=DescribeInstance')).toBeUndefined();
  });
});
