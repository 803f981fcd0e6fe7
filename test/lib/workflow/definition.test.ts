import validate from 'asl-validator';
import { describe, expect, it } from 'vitest';
import { outcomeCodes, outcomeOf } from '../../../domain/outcomes.ts';
import { workflowDefinition } from '../../../lib/workflow/definition.ts';
import type { Retrier } from '../../../lib/workflow/retriers.ts';
import { takes } from '../../../packages/local-aws/states.ts';

interface State {
  readonly Type: string;
  readonly Retry?: readonly Retrier[];
  readonly Catch?: readonly { readonly ErrorEquals: readonly string[]; readonly Next: string }[];
  readonly TimeoutSeconds?: number | string;
  readonly Next?: string;
  readonly End?: boolean;
}

const definition = workflowDefinition({
  partition: 'aws',
  dispatchQueueUrl: 'https://sqs.eu-central-1.amazonaws.com/123456789012/commands',
  ledgerTable: 'ledger',
  eventBus: 'Airlock',
  remediationFunction: 'arn:aws:lambda:eu-central-1:123456789012:function:remediation',
  cancellationFunction: 'arn:aws:lambda:eu-central-1:123456789012:function:cancellation',
  clusterQueueUrls: { demo: 'https://sqs.eu-central-1.amazonaws.com/123456789012/demo' },
}) as { readonly States: Readonly<Record<string, State>> };
const states = Object.entries(definition.States);
const retriers = states.flatMap(([name, { Retry = [] }]) => Retry.map((one) => [name, one] as const));

describe('the state machine', () => {
  it('is valid Amazon States Language', () => {
    const { isValid, errorsText } = validate(definition);
    expect(isValid ? '' : errorsText()).toBe('');
  });

  it.each(retriers)(
    '%s: a pause may grow from its first to its longest, with a jitter that AWS knows',
    (_, retrier) => {
      expect(retrier.MaxDelaySeconds).toBeGreaterThan(retrier.IntervalSeconds);
      expect(['FULL', 'NONE']).toContain(retrier.JitterStrategy);
      expect(retrier.MaxAttempts).toBeLessThanOrEqual(99_999_999);
      expect(retrier.BackoffRate).toBeGreaterThanOrEqual(1);
    },
  );

  it.each(states)('%s: States.ALL is in a catcher by itself, and last', (_, { Retry = [], Catch = [] }) => {
    for (const list of [Retry, Catch]) {
      list.forEach(({ ErrorEquals }, at) => {
        if (ErrorEquals.includes('States.ALL')) {
          expect(ErrorEquals.length).toBe(1);
          expect(at).toEqual(list.length - 1);
        }
      });
    }
  });

  it('catches every outcome of a call that waits or works', () => {
    for (const name of ['Install', 'Release', 'Cancel', 'DecideDisposition', 'Quarantine', 'Replace', 'CountSuccess']) {
      expect(definition.States[name]?.Catch?.at(-1)?.ErrorEquals).toEqual(['States.ALL']);
    }
  });
});

describe('the list of outcomes and the state machine', () => {
  const tries = (definition.States['Install']?.Retry ?? []).filter(({ MaxAttempts }) => MaxAttempts !== 0);
  const installRetries = tries.flatMap(({ ErrorEquals, ...how }) =>
    ErrorEquals.filter((error) => outcomeCodes.some((code) => code === error)).map((code) => ({ code, ...how })),
  );

  it('agree on what is retried, how often and at what intervals', () => {
    const wanted = outcomeCodes.flatMap((code) => {
      const { consequence } = outcomeOf(code);
      return consequence.next === 'retry' ? [{ code, ...consequence }] : [];
    });
    expect(installRetries.map(({ code }) => code).toSorted()).toEqual(wanted.map(({ code }) => code).toSorted());
    for (const { code, attempts, intervalSeconds } of wanted) {
      const found = installRetries.find((one) => one.code === code);
      expect(found).toMatchObject({ MaxAttempts: attempts - 1, IntervalSeconds: intervalSeconds });
    }
  });

  it('know every error that is retried: a retryable outcome, or an error of AWS', () => {
    const ofAws = /^(States|Lambda|Sandbox|Runtime|Sqs|SQS|DynamoDB)\./;
    const retried = outcomeCodes.filter((code) => outcomeOf(code).consequence.next === 'retry');
    for (const [name, { ErrorEquals, MaxAttempts }] of retriers) {
      const known = ErrorEquals.filter((error) => !ofAws.test(error) && error !== 'RetryLater');
      // A retrier with no attempts keeps the next one from matching its errors.
      const wanted: readonly string[] = MaxAttempts === 0 ? outcomeCodes : retried;
      expect(
        known.filter((error) => !wanted.includes(error)),
        name,
      ).toEqual([]);
    }
  });

  it.each(['Install', 'Close', 'Release', 'Quarantine'])(
    'agree that in %s everything except an outcome and the time-out is retried: a failing queue, however Step Functions names it',
    (name) => {
      const attempts = (error: string) =>
        definition.States[name]?.Retry?.find((one) => takes(one.ErrorEquals, error))?.MaxAttempts;
      for (const error of ['SQS.AmazonSQSException', 'SQS.SdkClientException', 'SQS.InternalFailureException'])
        expect(attempts(error), error).toBe(8);
      const over = outcomeCodes.filter((code) => !['retry', 'done'].includes(outcomeOf(code).consequence.next));
      for (const error of ['States.Timeout', ...over]) expect(attempts(error), error).toBe(0);
    },
  );

  it.each(['Cancel', 'DecideDisposition', 'Replace', 'ContinueHookAfterFailure', 'ContinueHook'])(
    '%s: a call for which Lambda has no capacity waits for minutes, and a call whose function died is retried',
    (name) => {
      const retrier = (error: string) =>
        definition.States[name]?.Retry?.find(({ ErrorEquals }) => takes(ErrorEquals, error));
      // Full jitter halves the longest pause on average.
      const { MaxAttempts = 0, MaxDelaySeconds = 0 } = retrier('Lambda.TooManyRequestsException') ?? {};
      expect((MaxAttempts * MaxDelaySeconds) / 2).toBeGreaterThanOrEqual(600);
      for (const error of ['Runtime.OutOfMemory', 'Runtime.ExitError', 'Lambda.Unknown', 'Sandbox.Timedout'])
        expect(retrier(error)?.MaxAttempts, error).toEqual(expect.any(Number));
    },
  );

  it('agree that a release and a closing wait until cleanup begins, and a quarantine for as long as a Node may join', () => {
    for (const name of ['Install', 'Close', 'Release']) {
      expect(definition.States[name]?.TimeoutSeconds).toBe(
        '{% $max([1, $floor(($toMillis($launch.deadline) - $millis()) / 1000) - 90]) %}',
      );
    }
    expect(definition.States['Quarantine']?.TimeoutSeconds).toMatch(/\$launch\.deadline.* \+ 400 %\}$/);
  });

  it('agree that a failure is recorded, the run cancelled and the disposition decided, before anything else', () => {
    const others = (name: string) => new Set(definition.States[name]?.Catch?.map(({ Next }) => Next));
    // A queued message may still be sent until the run is cancelled.
    for (const name of ['Install', 'Release']) expect(others(name)).toEqual(new Set(['Discard', 'RecordCause']));
    expect(definition.States['RecordCause']?.Next).toBe('Cancel');
    expect(definition.States['Cancel']?.Next).toBe('CheckCancelled');
    expect(definition.States['CheckCancelled']).toMatchObject({
      Choices: [{ Next: 'DecideDisposition' }, { Next: 'Cancel' }],
      Default: 'AmendCause',
    });
  });

  it('agree on what is discarded without a mark on the node', () => {
    const discarded = outcomeCodes.filter((code) => outcomeOf(code).consequence.next === 'discard');
    for (const name of ['Install', 'Release']) {
      expect(definition.States[name]?.Catch).toContainEqual(
        expect.objectContaining({ ErrorEquals: discarded, Next: 'Discard' }),
      );
    }
  });
});

describe('the run of a released node', () => {
  it('takes at most eight transitions', () => {
    const path: string[] = [];
    for (let name: string | undefined = 'BeginRun'; name !== undefined; name = definition.States[name]?.Next)
      path.push(name);
    expect(path).toEqual(['BeginRun', 'Install', 'Release', 'RecordRelease', 'CountSuccess', 'CheckHook']);
    // With PublishRelease after it, and one more if a launch hook waits.
    expect(path.length + 1 + 1).toBeLessThanOrEqual(8);
  });
});
