// Examples from https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { Duration, type Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LambdaDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../clock.ts';
import { LocalCloud } from '../../cloud.ts';
import type { Principal } from '../../gateway/service.ts';
import { synthesize, temporaryFolder } from '../app/sample.ts';

const folder = temporaryFolder();
for (const [from, to] of [
  ['plain.js', 'index.js'],
  ['later.js', 'later.js'],
] as const) {
  cpSync(join(import.meta.dirname, '../app/functions', from), join(folder, to));
}

describe('Lambda', () => {
  let cloud: LocalCloud;
  const clock = new VirtualClock();
  const rule = 'arn:aws:events:eu-central-1:123456789012:rule/nightly';

  beforeAll(async () => {
    const assembly = synthesize((stack: Stack) => {
      const make = (functionName: string, handler: string, rest: object = {}) =>
        new LambdaFunction(stack, functionName, {
          functionName,
          handler: `index.${handler}`,
          code: Code.fromAsset(folder),
          runtime: Runtime.NODEJS_24_X,
          ...rest,
        });
      const last = make('last', 'isolated');
      make('failing', 'failing', {
        retryAttempts: 1,
        maxEventAge: Duration.hours(1),
        onFailure: new LambdaDestination(last),
      });
      const scheduled = make('scheduled', 'isolated');
      scheduled.addPermission('Rule', { principal: new ServicePrincipal('events.amazonaws.com'), sourceArn: rule });
      const mute = make('mute', 'printing');
      mute.addToRolePolicy(
        new PolicyStatement({ effect: Effect.DENY, actions: ['logs:PutLogEvents'], resources: ['*'] }),
      );
    });
    cloud = await LocalCloud.deploy(assembly, { clock });
  });
  afterAll(() => cloud.stop());

  it("sends a failed event to its destination, with the function's rights", async () => {
    await cloud.lambda.invoke('failing', '{"node":"i-1"}', 'Event');
    await clock.run(() => false, clock.now() + 600_000);
    const entry = cloud.journal.find(({ operation }) => operation === 'Invoke');
    expect(entry).toMatchObject({ principal: { kind: 'role', sessionName: 'failing' } });
    const { Payload } = (entry?.input ?? {}) as { Payload: Uint8Array };
    expect(JSON.parse(Buffer.from(Payload).toString())).toMatchObject({
      requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 2 },
      requestPayload: { node: 'i-1' },
      responsePayload: { errorType: 'Again' },
    });
    expect(cloud.logs.events('/aws/lambda/last').length).toBeGreaterThan(0);
  });

  it('lets a service invoke what the permission names, for its source', async () => {
    const events = (sourceArn: string): Principal => ({ kind: 'service', service: 'events.amazonaws.com', sourceArn });
    const invoke = (sourceArn: string, name = 'scheduled') =>
      cloud.aws.call(events(sourceArn), 'lambda', 'Invoke', { FunctionName: name, InvocationType: 'Event' });
    await expect(invoke(rule)).resolves.toMatchObject({ StatusCode: 202 });
    await expect(invoke(`${rule}-2`)).rejects.toThrow(
      'because no resource-based policy allows the lambda:InvokeFunction action',
    );
    await expect(invoke(rule, 'last')).rejects.toMatchObject({ code: 'AccessDeniedException' });
    await expect(invoke(rule, 'none')).rejects.toMatchObject({ code: 'ResourceNotFoundException' });
  });

  it('lets the pollers of an event source mapping invoke without a permission', async () => {
    const sourceArn = 'arn:aws:lambda:eu-central-1:123456789012:event-source-mapping:1';
    const poller: Principal = { kind: 'service', service: 'lambda.amazonaws.com', sourceArn };
    const answer = cloud.aws.call(poller, 'lambda', 'Invoke', {
      FunctionName: 'scheduled',
      Payload: Buffer.from('{}'),
    });
    await expect(answer).resolves.toMatchObject({ StatusCode: 200, ExecutedVersion: '$LATEST' });
  });

  it('refuses a payload that is not JSON', async () => {
    const poller: Principal = { kind: 'service', service: 'events.amazonaws.com', sourceArn: rule };
    const answer = cloud.aws.call(poller, 'lambda', 'Invoke', { FunctionName: 'scheduled', Payload: Buffer.from('{') });
    await expect(answer).rejects.toMatchObject({ code: 'InvalidRequestContentException' });
  });

  it('writes no log for a function without the right', async () => {
    await cloud.lambda.invoke('mute', '{}', 'RequestResponse');
    expect(cloud.logs.events('/aws/lambda/mute')).toEqual([]);
  });
});
