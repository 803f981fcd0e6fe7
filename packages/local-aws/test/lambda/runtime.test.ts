// Examples from https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html and
// https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Stack } from 'aws-cdk-lib';
import { Code, Function as LambdaFunction, LoggingFormat, Runtime } from 'aws-cdk-lib/aws-lambda';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../clock.ts';
import { LocalCloud } from '../../cloud.ts';
import { invoker } from '../app/invoker.ts';
import { synthesize, temporaryFolder } from '../app/sample.ts';

const folder = temporaryFolder();
for (const [from, to] of [
  ['plain.js', 'index.js'],
  ['later.js', 'later.js'],
] as const) {
  cpSync(join(import.meta.dirname, '../app/functions', from), join(folder, to));
}
writeFileSync(
  join(folder, 'module.mjs'),
  "import { later } from './later.js';\nexport const handler = async () => later(1);\n",
);

const handlers = [
  'aborting',
  'calling',
  'context',
  'exiting',
  'failing',
  'isolated',
  'late',
  'leaving',
  'missing',
  'old',
  'outside',
  'printing',
  'rejecting',
  'spawning',
  'throwing',
  'undefinedAnswer',
  'waiting',
];

describe('the runtime around a function', () => {
  let cloud: LocalCloud;
  const clock = new VirtualClock();
  const invoke = invoker(() => cloud, clock);

  beforeAll(async () => {
    const assembly = synthesize((stack: Stack) => {
      const make = (functionName: string, handler: string, rest: object = {}) =>
        new LambdaFunction(stack, functionName, {
          functionName,
          handler,
          code: Code.fromAsset(folder),
          runtime: Runtime.NODEJS_24_X,
          ...rest,
        });
      for (const handler of handlers) make(handler, `index.${handler}`);
      make('isolated-too', 'index.isolated', { environment: { OWN: 'value' } });
      make('esm', 'module.handler');
      make('nowhere', 'absent.handler');
      make('lone', 'index.waiting', { reservedConcurrentExecutions: 1 });
      make('structured', 'index.printing', { loggingFormat: LoggingFormat.JSON });
    });
    cloud = await LocalCloud.deploy(assembly, { clock });
  });
  afterAll(() => cloud.stop());

  const messages = (group: string) => cloud.logs.events(`/aws/lambda/${group}`).map(({ message }) => message);

  it('keeps globals and variables to one environment', async () => {
    const first = { leak: 1, region: 'eu-central-1', home: '/home/sbx_user1051', task: '/var/task' };
    expect((await invoke('isolated')).payload).toEqual(first);
    expect((await invoke('isolated')).payload).toEqual({ ...first, leak: 2 });
    expect((await invoke('isolated-too')).payload).toEqual(first);
    expect(globalThis).not.toHaveProperty('leak');
    expect(process.env).not.toHaveProperty('LEAK');
  });

  it.each(['fetch', 'https', 'socket'])('reaches no host outside by %s', async (by) => {
    expect((await invoke('outside', { by })).payload).toEqual({ code: 'ENOTFOUND' });
  });

  it('starts no process', async () => {
    expect((await invoke('spawning')).payload).toMatchObject({
      errorMessage: 'the module child_process is not known in the local cloud',
    });
  });

  it('keeps lines of JSON on stdout unchanged, and makes one event of one console call', async () => {
    await invoke('printing');
    const written = messages('printing');
    expect(written).toContain('{"level":"INFO","message":"a line of JSON"}');
    expect(written).toContainEqual(expect.stringMatching(/^2026-\S+Z\t\S+\tINFO\ttwo\nlines$/));
    expect(written[0]).toMatch(/^START RequestId: \S+ Version: \$LATEST$/);
    expect(written.at(-1)).toMatch(
      /^REPORT RequestId: \S+ Duration: 0\.00 ms\tBilled Duration: 1 ms\tMemory Size: 128 MB$/,
    );
  });

  it('writes the console as JSON if the function is configured so', async () => {
    await invoke('structured');
    const group = cloud.logs.groups.find((one) => one.includes('structured')) ?? '';
    const written = cloud.logs.events(group).map(({ message }) => JSON.parse(message) as Record<string, unknown>);
    expect(written).toContainEqual(expect.objectContaining({ level: 'INFO', message: 'two\nlines' }));
    expect(written).toContainEqual(
      expect.objectContaining({ level: 'ERROR', errorType: 'Error', errorMessage: 'shown' }),
    );
  });

  it('freezes remaining work until the next invocation', async () => {
    expect((await invoke('leaving')).payload).toBe(0);
    await clock.run(() => false, clock.now() + 60_000);
    expect((await invoke('leaving')).payload).toBe(0);
    expect((await invoke('leaving')).payload).toBe(1);
  });

  it('runs concurrent invocations each in its own environment', async () => {
    const before = clock.now();
    await Promise.all([invoke('waiting', { ms: 1000 }), invoke('waiting', { ms: 1000 })]);
    expect(clock.now() - before).toBe(1000);
    expect(cloud.lambda.function('waiting').environments.size).toBe(2);
  });

  it('throttles above the reserved concurrency', async () => {
    const first = invoke('lone', { ms: 1000 });
    await expect(invoke('lone', { ms: 1 })).rejects.toMatchObject({
      code: 'TooManyRequestsException',
      status: 429,
      members: { Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded' },
    });
    await first;
  });

  it('ends the environment for an error in a timer', async () => {
    const { error, payload } = await invoke('throwing');
    expect(error).toBe('Unhandled');
    expect(payload).toMatchObject({ errorType: 'RangeError', errorMessage: 'in a timer' });
    expect(cloud.lambda.function('throwing').environments.size).toBe(0);
  });

  it('ends the environment for a promise that it leaves rejected', async () => {
    expect((await invoke('undefinedAnswer')).payload).toBeNull();
    const others = process.listeners('unhandledRejection').slice(0, -1);
    for (const other of others) process.off('unhandledRejection', other);
    const { payload } = await invoke('rejecting');
    for (const other of others) process.on('unhandledRejection', other);
    expect(payload).toMatchObject({
      errorType: 'Runtime.UnhandledPromiseRejection',
      errorMessage: 'TypeError: no one cares',
    });
  });

  it('keeps the asynchronous context over its timers', async () => {
    expect((await invoke('context')).payload).toBe('kept');
  });

  it('ends the environment when the process exits', async () => {
    expect((await invoke('exiting')).payload).toEqual({
      errorType: 'Runtime.ExitError',
      errorMessage: expect.stringMatching(/^RequestId: \S+ Error: Runtime exited with error: exit status 3$/),
    });
  });

  it.each([
    ['missing', 'Runtime.HandlerNotFound'],
    ['nowhere', 'Runtime.ImportModuleError'],
    ['old', 'Runtime.CallbackHandlerDeprecated'],
  ])('refuses the handler of %s: %s', async (name, errorType) => {
    expect((await invoke(name)).payload).toMatchObject({ errorType });
  });

  it('runs ES modules', async () => {
    expect((await invoke('esm')).payload).toBe('later');
  });

  it('answers null if the handler answers nothing', async () => {
    expect((await invoke('undefinedAnswer')).payload).toBeNull();
  });

  it("aborts by the cloud's time", async () => {
    const before = clock.now();
    expect((await invoke('aborting')).payload).toBe('TimeoutError');
    expect(clock.now() - before).toBe(1500);
  });

  it('provides the SDK for functions that do not bundle it', async () => {
    expect((await invoke('calling')).payload).toMatch(/assumed-role\/Sample-calling\S*\/calling$/);
  });

  it('lets no call of a dead environment take effect', async () => {
    const before = cloud.calls.get('sts:GetCallerIdentity') ?? 0;
    expect((await invoke('late')).payload).toMatchObject({ errorType: 'Sandbox.Timedout' });
    await clock.run(() => false, clock.now() + 60_000);
    expect(cloud.calls.get('sts:GetCallerIdentity') ?? 0).toBe(before);
  });

  it('retries an invocation without a waiting caller twice, after one minute and after two more', async () => {
    await cloud.lambda.invoke('failing', '{}', 'Event');
    await clock.run(() => false, clock.now() + 600_000);
    const starts = cloud.logs.events('/aws/lambda/failing').filter(({ message }) => message.startsWith('START'));
    const [first = 0, ...rest] = starts.map(({ timestamp }) => timestamp);
    expect(rest.map((at) => at - first)).toEqual([60_000, 180_000]);
  });
});
