import type { MockInput } from '@aws-sdk/client-sfn';
import { exampleRuntime } from '../../domain/runtimes.ts';

/** One state in one situation, and how it has to continue. */
export interface StateCase {
  readonly stateName: string;
  readonly when: string;
  /** The answer to the call of the state; absent if it makes none. */
  readonly mock?: MockInput;
  readonly wanted: { readonly status: readonly string[]; readonly next?: string };
}

interface State {
  readonly Type: string;
  readonly Resource?: string;
  readonly Next?: string;
  readonly End?: boolean;
  readonly Retry?: readonly { readonly ErrorEquals: readonly string[] }[];
  readonly Catch?: readonly { readonly ErrorEquals: readonly string[] }[];
}

const instanceId = 'i-00000000000000000';
const end = '2126-01-01T00:20:00.000Z';
const launch = {
  instanceId,
  launchedAt: '2026-01-01T00:00:00.000Z',
  cluster: 'none',
  pool: 'none',
  nodeName: 'none',
  providerId: `aws:///none/${instanceId}`,
  deadline: end,
};
const failure = { outcome: 'proof-failed', detail: 'a test of the states' };
const receipt = { version: 2, ...launch, ...failure, endedAt: end, totalMs: 0 };
const request = { runtime: exampleRuntime, version: 'none' };

/** The input of an execution: the key of its record. */
export const input = { instanceId, launchedAt: launch.launchedAt };

/** The variables that earlier states would have assigned. */
export const variables = {
  key: input,
  launch,
  request,
  nonce: 'none',
  failure,
  receipt,
  cancelCalls: 1,
  cancelled: { ended: true, what: 'none' },
  disposition: 'quarantine',
  ending: 'quarantined',
  run: { outcome: { S: failure.outcome } },
  closed: false,
  how: 'none',
  hookResult: 'none',
};

/** The context object of an execution. */
export const context = {
  Execution: { Id: 'arn:aws:states:::execution:none:none', Name: 'none', StartTime: launch.launchedAt, Input: input },
  State: { Name: 'none', EnteredTime: launch.launchedAt, RetryCount: 0 },
  StateMachine: { Id: 'arn:aws:states:::stateMachine:none', Name: 'none' },
  Task: { Token: 'none' },
};

const run = { launch: { S: JSON.stringify(launch) }, request: { S: JSON.stringify(request) }, nonce: { S: 'none' } };

/** What each integration would return, by the end of its name. */
const answers: Readonly<Record<string, unknown>> = {
  'sqs:sendMessage.waitForTaskToken': request,
  'lambda:invoke': { StatusCode: 200, ExecutedVersion: '$LATEST', Payload: receipt },
  'dynamodb:updateItem': { Attributes: run },
  'dynamodb:getItem': { Item: run },
  'events:putEvents': { FailedEntryCount: 0, Entries: [{ EventId: 'none' }] },
};

/**
 * Every state of a definition in each situation that it handles.
 *
 * @throws Error if a state calls an integration that has no answer here
 */
export function casesOf(definition: string): StateCase[] {
  const { States } = JSON.parse(definition) as { States: Readonly<Record<string, State>> };
  return Object.entries(States).flatMap(([stateName, state]): StateCase[] => {
    const { Type, Next: next, Retry = [], Catch = [] } = state;
    const onward = { status: ['SUCCEEDED'], ...(next === undefined ? {} : { next }) };
    if (Type === 'Task') {
      const taken = [...Retry, ...Catch].some(({ ErrorEquals }) => ErrorEquals.includes('States.ALL'));
      const failed = { status: taken ? ['RETRIABLE', 'CAUGHT_ERROR'] : ['FAILED'] };
      return [
        {
          stateName,
          when: 'answered',
          mock: mock({ result: JSON.stringify(answerTo(stateName, state)) }),
          wanted: onward,
        },
        { stateName, when: 'refused', mock: mock({ errorOutput: { error: 'none', cause: 'a test' } }), wanted: failed },
      ];
    }
    if (Type === 'Fail') return [{ stateName, when: 'with its outcome', wanted: { status: ['FAILED'] } }];
    return [{ stateName, when: 'as it is', wanted: onward }];
  });
}

function mock(answer: MockInput): MockInput {
  return { ...answer, fieldValidationMode: 'NONE' };
}

function answerTo(stateName: string, { Resource = '' }: State): unknown {
  const name = Resource.split(':::')[1] ?? Resource;
  if (!(name in answers))
    throw new Error(`the state ${stateName} calls ${name}, which has no answer in state-cases.ts`);
  return answers[name];
}
