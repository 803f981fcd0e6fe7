// Examples from https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html and
// workflow-variables.html
import { describe, expect, it } from 'vitest';
import { AwsError } from '../../../gateway/service.ts';
import { retryDelay, takes } from '../../../services/states/errors.ts';
import { Bench, invoke } from './machine.ts';

const payload = (value: unknown) => ({
  StatusCode: 200,
  ExecutedVersion: '$LATEST',
  Payload: Buffer.from(JSON.stringify(value)),
});
const functionError = (errorType: string, errorMessage: string) => ({
  ...payload({ errorType, errorMessage }),
  FunctionError: 'Unhandled',
});

describe('workflow-states', () => {
  it('Assign and Output read the variables as they were, and later states read the new ones', async () => {
    const { output, status } = await new Bench().run({
      One: { Type: 'Pass', Assign: { n: 1 }, Next: 'Two' },
      Two: { Type: 'Pass', Assign: { n: '{% $n + 1 %}' }, Output: '{% $n %}', Next: 'Three' },
      Three: { Type: 'Pass', Output: { before: '{% $states.input %}', now: '{% $n %}' }, End: true },
    });
    expect(status).toBe('SUCCEEDED');
    expect(output).toEqual({ before: 1, now: 2 });
  });

  it('a Choice takes the first condition that holds, with its own Assign; its Default otherwise', async () => {
    const states = {
      C: {
        Type: 'Choice',
        Choices: [
          { Condition: '{% $states.input.n > 5 %}', Assign: { v: 'big' }, Next: 'End' },
          { Condition: '{% $states.input.n > 3 %}', Assign: { v: 'middle' }, Next: 'End' },
        ],
        Assign: { v: 'small' },
        Default: 'End',
      },
      End: { Type: 'Succeed', Output: '{% $v %}' },
    };
    const outputs = [];
    for (const n of [9, 4, 1]) outputs.push((await new Bench().run(states, { n })).output);
    expect(outputs).toEqual(['big', 'middle', 'small']);
  });

  it('a Choice without a match and without a Default fails', async () => {
    const C = { Type: 'Choice', Choices: [{ Condition: '{% false %}', Next: 'E' }] };
    expect(await new Bench().run({ C, E: { Type: 'Succeed' } })).toMatchObject({ error: 'States.NoChoiceMatched' });
  });

  it('Wait waits for seconds', async () => {
    const bench = new Bench();
    await bench.run({ A: { Type: 'Wait', Seconds: '{% 60 * 2 %}', End: true } });
    expect(new Date(bench.clock.now()).toISOString()).toBe('2026-11-21T09:02:00.000Z');
  });

  it('Fail evaluates its Error and Cause', async () => {
    const F = { Type: 'Fail', Error: '{% $states.input.e %}', Cause: "{% 'because ' & $states.input.e %}" };
    const { status, error, cause } = await new Bench().run({ F }, { e: 'boom' });
    expect(status).toBe('FAILED');
    expect(error).toBe('boom');
    expect(cause).toBe('because boom');
  });

  it('the context object holds execution, machine, state and retries', async () => {
    const context = (await new Bench().output('{% $states.context %}', { a: 1 })) as Record<string, object>;
    expect(context).toMatchObject({
      Execution: {
        Input: { a: 1 },
        RoleArn: 'arn:aws:iam::123456789012:role/way',
        StartTime: '2026-11-21T09:00:00.000Z',
      },
      State: { Name: 'P', RetryCount: 0, EnteredTime: '2026-11-21T09:00:00.000Z' },
    });
    expect(Object.keys(context)).not.toContain('Task');
  });
});

describe('concepts-error-handling', () => {
  it.each([
    [['States.ALL'], 'anything', true],
    [['States.ALL'], undefined, true],
    [['States.ALL'], 'States.DataLimitExceeded', false],
    [['States.ALL'], 'States.Runtime', false],
    [['States.DataLimitExceeded'], 'States.DataLimitExceeded', true],
    [['States.TaskFailed'], 'boom', true],
    [['States.TaskFailed'], 'States.Timeout', false],
    [['States.Timeout'], 'States.HeartbeatTimeout', true],
    [['a', 'b'], 'b', true],
    [['a'], 'ab', false],
  ])('%j takes %s: %s', (names, error, expected) => {
    expect(takes(names, error)).toBe(expected);
  });

  it('delays grow by the rate up to the ceiling, and jitter spreads them', () => {
    const retrier = { ErrorEquals: ['x'], IntervalSeconds: 3, BackoffRate: 2, MaxAttempts: 4, MaxDelaySeconds: 10 };
    expect([0, 1, 2, 3, 4].map((attempt) => retryDelay(retrier, attempt, 0.5))).toEqual([3, 6, 10, 10, undefined]);
    expect(retryDelay({ ...retrier, JitterStrategy: 'FULL' }, 1, 0.5)).toBe(3);
    expect(retryDelay({ ErrorEquals: ['x'] }, 2, 0)).toBe(4);
    expect(retryDelay({ ErrorEquals: ['x'], MaxAttempts: 0 }, 0, 0)).toBeUndefined();
  });

  it('each retrier counts for itself, each retry is a transition, and RetryCount reports it', async () => {
    const errors = ['a', 'b', 'a', 'c'];
    const seen: unknown[] = [];
    const bench = new Bench({
      lambda: {
        Invoke: ({ Payload }) => {
          seen.push(JSON.parse(String(Payload)));
          return functionError(errors[seen.length - 1] ?? '', 'x');
        },
      },
    });
    const retrier = (name: string, IntervalSeconds: number) => ({
      ErrorEquals: [name],
      IntervalSeconds,
      MaxAttempts: 5,
    });
    const execution = await bench.run({
      T: invoke({
        Arguments: { FunctionName: 'f', Payload: '{% $states.context.State.RetryCount %}' },
        Retry: [retrier('a', 10), retrier('b', 100)],
        Catch: [{ ErrorEquals: ['States.ALL'], Output: '{% $states.errorOutput.Error %}', Next: 'E' }],
        End: true,
      }),
      E: { Type: 'Succeed' },
    });
    expect(seen).toEqual([0, 1, 2, 3]);
    expect(execution.output).toBe('c');
    expect(bench.clock.now() - execution.startDate.getTime()).toBe((10 + 100 + 20) * 1000);
    expect(execution.transitions).toBe(5);
  });

  it('an expression that fails in a Task can be caught', async () => {
    const { output } = await new Bench({ lambda: { Invoke: () => payload(1) } }).run({
      T: invoke({
        Output: '{% $missing %}',
        Catch: [{ ErrorEquals: ['States.QueryEvaluationError'], Next: 'E' }],
        End: true,
      }),
      E: { Type: 'Succeed', Output: '{% $states.input.Error %}' },
    });
    expect(output).toBe('States.QueryEvaluationError');
  });

  it('data above 256 KiB is refused, and States.ALL does not take it', async () => {
    const execution = await new Bench({ lambda: { Invoke: () => payload('x'.repeat(262_145)) } }).run({
      T: invoke({ Catch: [{ ErrorEquals: ['States.ALL'], Next: 'E' }], End: true }),
      E: { Type: 'Succeed' },
    });
    expect(execution).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
  });

  it('an execution ends at 25,000 events of history', async () => {
    const execution = await new Bench().run({ A: { Type: 'Pass', Next: 'B' }, B: { Type: 'Pass', Next: 'A' } });
    expect(execution).toMatchObject({ status: 'FAILED', error: 'States.Runtime' });
    expect(execution.history.events).toHaveLength(25_000);
  });
});

describe('integrate-optimized', () => {
  it("lambda:invoke returns the parsed payload, as the machine's role", async () => {
    const bench = new Bench({ lambda: { Invoke: () => payload({ ok: true }) } });
    const { output } = await bench.run({ T: invoke() });
    expect(output).toMatchObject({ ExecutedVersion: '$LATEST', StatusCode: 200, Payload: { ok: true } });
    expect(bench.aws.calls.find((call) => call.name === 'lambda:Invoke')?.principal).toMatchObject({
      kind: 'role',
      roleArn: 'arn:aws:iam::123456789012:role/way',
    });
  });

  it('a function error is named by its type, its cause is the payload', async () => {
    const { error, cause } = await new Bench({ lambda: { Invoke: () => functionError('NotYet', 'soon') } }).run({
      T: invoke(),
    });
    expect(error).toBe('NotYet');
    expect(JSON.parse(cause ?? '')).toEqual({ errorType: 'NotYet', errorMessage: 'soon' });
  });

  it.each([
    ['lambda', 'TooManyRequestsException', 429, 'Lambda.TooManyRequestsException'],
    ['lambda', 'ServiceException', 500, 'Lambda.ServiceException'],
    ['lambda', 'AccessDeniedException', 403, 'Lambda.AWSLambdaException'],
  ])('%s: %s becomes %3$s', async (_service, code, status, expected) => {
    const Invoke = () => {
      throw new AwsError(code, 'no', status);
    };
    const { error, cause } = await new Bench({ lambda: { Invoke } }).run({ T: invoke() });
    expect(error).toBe(expected);
    expect(cause).toMatch(new RegExp(`^no \\(Service: AWSLambda; Status Code: ${status}; Error Code: ${code}; `));
  });

  it('a condition that does not hold is DynamoDB.ConditionalCheckFailedException', async () => {
    const UpdateItem = () => {
      throw new AwsError('ConditionalCheckFailedException', 'The conditional request failed');
    };
    const T = {
      Type: 'Task',
      Resource: 'arn:aws-cn:states:::dynamodb:updateItem',
      Arguments: { TableName: 't', Key: {} },
      End: true,
    };
    expect((await new Bench({ dynamodb: { UpdateItem } }).run({ T })).error).toBe(
      'DynamoDB.ConditionalCheckFailedException',
    );
  });

  it('events:putEvents stringifies the detail, names the execution, and fails when an entry does', async () => {
    let FailedEntryCount = 0;
    const bench = new Bench({
      events: { PutEvents: () => ({ FailedEntryCount, Entries: [{ ErrorCode: 'ThrottlingException' }] }) },
    });
    const Arguments = { Entries: [{ Source: 's', DetailType: 't', Detail: { a: '{% 1 %}' } }] };
    const T = { Type: 'Task', Resource: 'arn:aws:states:::events:putEvents', Arguments, End: true };
    const first = await bench.run({ T });
    expect(first.status).toBe('SUCCEEDED');
    expect(bench.aws.inputs('events:PutEvents')).toEqual([
      { Entries: [{ Source: 's', DetailType: 't', Detail: '{"a":1}', Resources: [first.arn, first.machine.arn] }] },
    ]);
    FailedEntryCount = 1;
    expect((await bench.run({ T })).error).toBe('EventBridge.FailedEntry');
  });
});
