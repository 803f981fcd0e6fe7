// Examples from https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
import type { Stack } from 'aws-cdk-lib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../clock.ts';
import { LocalCloud } from '../../cloud.ts';
import { sampleFunction, synthesize } from '../app/sample.ts';

describe('a function from its bundled asset', () => {
  let cloud: LocalCloud;
  const clock = new VirtualClock();

  beforeAll(async () => {
    const assembly = synthesize((stack: Stack) => {
      for (const handler of ['counting', 'whoami', 'sleeping', 'failing']) {
        sampleFunction(stack, handler, handler, { functionName: handler });
      }
    });
    cloud = await LocalCloud.deploy(assembly, { clock });
  });
  afterAll(() => cloud.stop());

  async function invoke(name: string, payload: object = {}) {
    let answer: Awaited<ReturnType<typeof cloud.lambda.invoke>> | undefined;
    cloud.lambda.invoke(name, JSON.stringify(payload), 'RequestResponse').then((given) => {
      answer = given;
    });
    await clock.run(() => answer !== undefined);
    if (answer === undefined) throw new Error('no answer');
    return { error: answer.functionError, payload: JSON.parse(answer.payload) as unknown };
  }

  it('keeps the state of its module between invocations', async () => {
    expect(await invoke('counting')).toEqual({ error: undefined, payload: 1 });
    expect(await invoke('counting')).toEqual({ error: undefined, payload: 2 });
  });

  it('calls AWS with the bundled SDK as its own role', async () => {
    const { payload } = await invoke('whoami');
    expect(payload).toMatch(/^arn:aws:sts::123456789012:assumed-role\/Sample-whoamiServiceRole.*\/whoami$/);
    expect(cloud.calls.get('sts:GetCallerIdentity')).toBe(1);
  });

  it("reads the cloud's time, and its timers run on it", async () => {
    const start = clock.now();
    expect(await invoke('sleeping', { ms: 2000 })).toEqual({
      error: undefined,
      payload: { before: start, after: start + 2000 },
    });
  });

  it('is stopped at its time-out', async () => {
    const { error, payload } = await invoke('sleeping', { ms: 4000 });
    expect(error).toBe('Unhandled');
    expect(payload).toEqual({
      errorType: 'Sandbox.Timedout',
      errorMessage: expect.stringMatching(/^RequestId: \S+ Error: Task timed out after 3\.00 seconds$/),
    });
  });

  it('answers an uncaught error as the Node runtime does', async () => {
    const { error, payload } = await invoke('failing');
    expect(error).toBe('Unhandled');
    expect(payload).toMatchObject({ errorType: 'OwnError', errorMessage: 'as it should' });
    expect(payload).toHaveProperty('trace.0', 'OwnError: as it should');
  });

  it('writes its log', () => {
    const messages = cloud.logs.events('/aws/lambda/counting').map(({ message }) => message);
    expect(messages).toEqual(expect.arrayContaining([expect.stringMatching(/\tINFO\tcounted 1$/)]));
  });
});
