import { describe, expect, it } from 'vitest';
import { codecOf } from '../../gateway/protocols/protocol.ts';
import { query } from '../../gateway/protocols/query.ts';
import { loadSdk } from '../../gateway/sdk.ts';
import { AwsError } from '../../gateway/service.ts';

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
      violation: undefined,
    });
  });

  it('is refused for a key that belongs to no member', async () => {
    expect((await decode('Action=DescribeInstances&Filter.1.Values.1=i-1'))?.violation).toEqual({
      kind: 'unknown',
      member: 'Filter.1.Values.1',
      message: 'The parameter Filter.1.Values.1 is not recognized',
    });
  });

  it('is refused for a list in a list, which the SDK sends as a text or as a deeper key', async () => {
    expect((await decode('Action=DescribeInstances&InstanceId.1.1=i-1'))?.violation?.member).toBe('InstanceId.1.1');
  });

  it('names only operations that EC2 has', async () => {
    expect(await decode('Action=DescribeInstance')).toBeUndefined();
  });
});

/** The example of the SQS API Reference (2012-11-05), "GetQueueAttributes", in the query protocol. */
describe('the form of an SQS request by tools older than its JSON protocol', () => {
  const request = (form: string) => ({
    method: 'POST',
    host: 'sqs.eu-central-1.amazonaws.com',
    path: '/',
    query: {},
    headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    body: Buffer.from(`Version=2012-11-05&${form}`),
  });

  it('is read by the singular of its lists and maps', async () => {
    const sdk = await loadSdk('sqs');
    const form =
      'Action=GetQueueAttributes&QueueUrl=https%3A%2F%2Fsqs%2F1%2Fa&AttributeName.1=VisibilityTimeout&AttributeName.2=QueueArn';
    expect(codecOf(sdk, request(form)).decode(sdk, request(form))).toEqual({
      operation: 'GetQueueAttributes',
      input: { QueueUrl: 'https://sqs/1/a', AttributeNames: ['VisibilityTimeout', 'QueueArn'] },
      violation: undefined,
    });
    const batch = request('Action=SendMessageBatch&QueueUrl=a&SendMessageBatchRequestEntry.1.Id=1');
    expect(codecOf(sdk, batch).decode(sdk, batch)?.violation?.member).toBe('SendMessageBatchRequestEntry.1.Id');
  });

  it('is answered with flat XML, and an error has its older name', async () => {
    const sdk = await loadSdk('sqs');
    const codec = codecOf(sdk, request(''));
    const model = sdk.operations.get('GetQueueAttributes');
    if (model === undefined) throw new Error('the SDK has lost GetQueueAttributes');
    const answer = codec.encode(sdk, model, { Attributes: { VisibilityTimeout: '30', Policy: '{"a":"<b>"}' } }, 'id-1');
    expect(Buffer.from(answer.body).toString()).toContain(
      '<GetQueueAttributesResult><Attribute><Name>VisibilityTimeout</Name><Value>30</Value></Attribute>' +
        '<Attribute><Name>Policy</Name><Value>{"a":"&lt;b&gt;"}</Value></Attribute></GetQueueAttributesResult>' +
        '<ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata>',
    );
    const gone = new AwsError('QueueDoesNotExist', 'The specified queue does not exist.');
    const refused = codec.encodeError(sdk, request(''), gone, 'id-2');
    expect(refused.status).toBe(400);
    expect(Buffer.from(refused.body).toString()).toContain(
      '<Code>AWS.SimpleQueueService.NonExistentQueue</Code><Message>The specified queue does not exist.</Message>',
    );
  });
});

it("an error has the model's code for this protocol, which is not the name of its shape", async () => {
  const sdk = await loadSdk('autoscaling');
  const busy = new AwsError('ResourceContentionFault', 'busy', 500);
  const { status, body } = query.encodeError(
    sdk,
    { method: 'POST', host: '', path: '/', query: {}, headers: {}, body: new Uint8Array() },
    busy,
    'id-3',
  );
  expect(status).toBe(500);
  expect(Buffer.from(body).toString()).toContain('<Code>ResourceContention</Code>');
});
