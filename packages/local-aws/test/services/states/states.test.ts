// Examples from https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html and its
// neighbours
import type { SendMessageCommandInput } from '@aws-sdk/client-sqs';
import { beforeEach, describe, expect, it } from 'vitest';
import { Bench, wait } from './machine.ts';

let bench: Bench;
let tokens: string[];

beforeEach(() => {
  tokens = [];
  bench = new Bench({
    sqs: {
      SendMessage: (input) => {
        const { MessageBody = '' } = input as unknown as SendMessageCommandInput;
        tokens.push(String(JSON.parse(MessageBody).token));
        return { MessageId: 'm' };
      },
    },
  });
});

const settle = () => bench.clock.run(() => true);
const pass = (ms: number) => bench.clock.run(() => false, bench.clock.now() + ms);

describe('StartExecution', () => {
  it('answers the same execution for the same name and input while it runs, and refuses any other', async () => {
    const machine = await bench.machine({ T: wait() });
    const first = await bench.start(machine, { a: 1 }, 'n');
    expect(await bench.start(machine, { a: 1 }, 'n')).toBe(first);
    await expect(bench.start(machine, { a: 2 }, 'n')).rejects.toMatchObject({ code: 'ExecutionAlreadyExists' });
    await settle();
    await bench.call('SendTaskSuccess', { taskToken: tokens[0], output: '{}' });
    await settle();
    await expect(bench.start(machine, { a: 1 }, 'n')).rejects.toMatchObject({ code: 'ExecutionAlreadyExists' });
    expect(bench.states.executions()).toHaveLength(1);
  });

  it('frees a name 90 days after the execution closed', async () => {
    const machine = await bench.machine({ P: { Type: 'Succeed' } });
    await bench.start(machine, {}, 'n');
    await settle();
    await pass(90 * 86_400_000 - 1);
    await expect(bench.start(machine, {}, 'n')).rejects.toMatchObject({ code: 'ExecutionAlreadyExists' });
    await pass(1);
    await expect(bench.start(machine, {}, 'n')).resolves.toMatch(/:n$/);
  });

  it.each(['a b', 'a/b', 'a:b', 'x'.repeat(81), ''])('refuses the name %j', async (name) => {
    const machine = await bench.machine({ P: { Type: 'Succeed' } });
    await expect(bench.start(machine, {}, name)).rejects.toMatchObject({ code: 'InvalidName' });
  });

  it('refuses an input that is not JSON, and an unknown machine', async () => {
    const stateMachineArn = await bench.machine({ P: { Type: 'Succeed' } });
    await expect(bench.call('StartExecution', { stateMachineArn, input: '{' })).rejects.toMatchObject({
      code: 'InvalidExecutionInput',
    });
    await expect(bench.start('arn:x')).rejects.toMatchObject({ code: 'StateMachineDoesNotExist' });
  });
});

describe('connect-to-resource: a task token', () => {
  it('ends the Task with the output of its answer', async () => {
    const arn = await bench.start(await bench.machine({ T: wait({ Output: '{% $states.result.a %}', End: true }) }));
    await pass(3_600_000);
    await bench.call('SendTaskSuccess', { taskToken: tokens[0], output: '{"a":7}' });
    await settle();
    await expect(bench.call('DescribeExecution', { executionArn: arn })).resolves.toMatchObject({
      status: 'SUCCEEDED',
      output: '7',
    });
    await expect(bench.call('SendTaskSuccess', { taskToken: tokens[0], output: '{}' })).rejects.toMatchObject({
      code: 'TaskTimedOut',
    });
  });

  it('fails the Task with an error and a cause, and a retry has a new token', async () => {
    const Retry = [{ ErrorEquals: ['again'], IntervalSeconds: 5, MaxAttempts: 1 }];
    const arn = await bench.start(await bench.machine({ T: wait({ Retry, End: true }) }));
    await settle();
    await bench.call('SendTaskFailure', { taskToken: tokens[0], error: 'again', cause: 'c' });
    await pass(5000);
    expect(new Set(tokens).size).toBe(2);
    await bench.call('SendTaskFailure', { taskToken: tokens[1], error: 'over', cause: 'c' });
    await settle();
    expect(bench.states.execution(arn)).toMatchObject({ status: 'FAILED', error: 'over', cause: 'c', transitions: 2 });
  });

  it('is dead after the time-out, which an expression may give', async () => {
    const arn = await bench.start(await bench.machine({ T: wait({ TimeoutSeconds: '{% 5 * 2 %}', End: true }) }));
    await pass(9999);
    expect(bench.states.execution(arn).status).toBe('RUNNING');
    await pass(1);
    expect(bench.states.execution(arn)).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
    const late = bench.call('SendTaskSuccess', { taskToken: tokens[0], output: '{}' });
    await expect(late).rejects.toThrow("Task Timed Out: 'CustomResourceProvider task does not exist anymore'");
  });

  it('is kept alive by heartbeats', async () => {
    const arn = await bench.start(
      await bench.machine({ T: wait({ TimeoutSeconds: 100, HeartbeatSeconds: 10, End: true }) }),
    );
    await pass(9000);
    await bench.call('SendTaskHeartbeat', { taskToken: tokens[0] });
    await pass(9000);
    expect(bench.states.execution(arn).status).toBe('RUNNING');
    await pass(1000);
    expect(bench.states.execution(arn)).toMatchObject({ status: 'FAILED', error: 'States.HeartbeatTimeout' });
  });

  it('that is invalid, or that no Task waits for, is refused', async () => {
    await expect(bench.call('SendTaskSuccess', { taskToken: 'abc', output: '{}' })).rejects.toMatchObject({
      code: 'InvalidToken',
    });
    await expect(bench.call('SendTaskSuccess', { taskToken: 'abc', output: '{' })).rejects.toMatchObject({
      code: 'InvalidOutput',
    });
  });
});

describe('an execution', () => {
  it('that is stopped is aborted, and its token is dead', async () => {
    const executionArn = await bench.start(await bench.machine({ T: wait() }));
    await settle();
    await bench.call('StopExecution', { executionArn, error: 'e', cause: 'c' });
    await settle();
    expect(bench.states.execution(executionArn)).toMatchObject({ status: 'ABORTED', error: 'e', cause: 'c' });
    await expect(bench.call('SendTaskSuccess', { taskToken: tokens[0], output: '{}' })).rejects.toMatchObject({
      code: 'TaskTimedOut',
    });
  });

  it('ends at the time-out of its machine, which nothing catches', async () => {
    const T = wait({ Catch: [{ ErrorEquals: ['States.ALL'], Next: 'E' }], End: true });
    const definition = {
      QueryLanguage: 'JSONata',
      TimeoutSeconds: 60,
      StartAt: 'T',
      States: { T, E: { Type: 'Succeed' } },
    };
    const arn = await bench.start(await bench.machine({}, { DefinitionString: JSON.stringify(definition) }));
    await pass(60_000);
    expect(bench.states.execution(arn)).toMatchObject({ status: 'TIMED_OUT', error: 'States.Timeout' });
  });

  it('has a history in order, publishes its end on the bus, and writes its log', async () => {
    const LoggingConfiguration = {
      Level: 'ALL',
      IncludeExecutionData: true,
      Destinations: [
        { CloudWatchLogsLogGroup: { LogGroupArn: 'arn:aws:logs:eu-central-1:123456789012:log-group:/way:*' } },
      ],
    };
    const machine = await bench.machine({ T: wait({ Next: 'S' }), S: { Type: 'Succeed' } }, { LoggingConfiguration });
    const executionArn = await bench.start(machine);
    await settle();
    await bench.call('SendTaskSuccess', { taskToken: tokens[0], output: '{}' });
    await settle();
    const types = bench.states.execution(executionArn).history.events.map((event) => event.type);
    expect(types).toEqual([
      'ExecutionStarted',
      'TaskStateEntered',
      'TaskScheduled',
      'TaskStarted',
      'TaskSubmitted',
      'TaskSucceeded',
      'TaskStateExited',
      'SucceedStateEntered',
      'SucceedStateExited',
      'ExecutionSucceeded',
    ]);
    expect(bench.events.map((event) => event.detail['status'])).toEqual(['RUNNING', 'SUCCEEDED']);
    expect(bench.logged).toHaveLength(10);
    expect(bench.logged[0]).toMatch(/^\/way \{"id":"1","type":"ExecutionStarted"/);
    const page = await bench.call('GetExecutionHistory', { executionArn, maxResults: 4 });
    expect(page).toMatchObject({ events: [{ id: 1 }, { id: 2 }, { id: 3 }, { id: 4 }], nextToken: expect.any(String) });
    await expect(bench.call('ListExecutions', { stateMachineArn: machine })).resolves.toMatchObject({
      executions: [{ executionArn, status: 'SUCCEEDED' }],
    });
  });
});

describe('a definition is refused', () => {
  const end = { Type: 'Succeed' };
  const cases: [string, object, RegExp][] = [
    [
      'in JSONPath',
      { DefinitionString: JSON.stringify({ StartAt: 'P', States: { P: end } }) },
      /JSONPath is not modelled here/,
    ],
    [
      'with a Map',
      { states: { M: { Type: 'Map', End: true } } },
      /modelled here: Task, Choice, Pass, Wait, Succeed, Fail\)/,
    ],
    ['with a Parallel', { states: { P: { Type: 'Parallel', Branches: [], End: true } } }, /modelled here: Task/],
    ['with a Wait for a time', { states: { W: { Type: 'Wait', Timestamp: '{% $t %}', End: true } } }, /Seconds/],
    ['with an unknown field', { states: { P: { Type: 'Pass', InputPath: '$', End: true } } }, /InputPath/],
    [
      'with an SDK integration',
      { states: { T: wait({ Resource: 'arn:aws:states:::aws-sdk:sqs:sendMessage', End: true }) } },
      /aws-sdk:sqs:sendMessage is no integration that is modelled here/,
    ],
    [
      'with a target that does not exist',
      { states: { P: { Type: 'Pass', Next: 'Q' } } },
      /Missing 'Next' target: Q at \/States\/P/,
    ],
    ['with a state that nothing leads to', { states: { P: end, Q: end } }, /State "Q" is not reachable/],
    ['without an end', { states: { P: { Type: 'Pass' } } }, /exactly one of Next and End/],
    [
      'with an unknown jitter',
      { states: { T: wait({ Retry: [{ ErrorEquals: ['a'], JitterStrategy: 'HALF' }], End: true }) } },
      /"FULL" \| "NONE"/,
    ],
    [
      'with States.ALL not last',
      {
        states: {
          T: wait({
            Catch: [
              { ErrorEquals: ['States.ALL'], Next: 'E' },
              { ErrorEquals: ['a'], Next: 'E' },
            ],
            End: true,
          }),
          E: end,
        },
      },
      /States.ALL must be alone/,
    ],
    [
      'with a heartbeat above the time-out',
      { states: { T: wait({ TimeoutSeconds: 5, HeartbeatSeconds: 6, End: true }) } },
      /HeartbeatSeconds must be smaller/,
    ],
    [
      'with a ceiling below the interval',
      { states: { T: wait({ Retry: [{ ErrorEquals: ['a'], IntervalSeconds: 9, MaxDelaySeconds: 9 }], End: true }) } },
      /MaxDelaySeconds must be greater/,
    ],
  ];
  it.each(cases)('%s', async (_name, { states = { P: end }, ...properties }: { states?: object }, message) => {
    await expect(bench.machine(states, properties)).rejects.toThrow(message);
  });
});
