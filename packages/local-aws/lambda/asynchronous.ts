import { AwsError, type Principal } from '../gateway/service.ts';
import type { Invoked } from './function.ts';
import type { LambdaHost } from './host.ts';
import type { LambdaFunction } from './lambda-function.ts';

/**
 * Waits before the first and the second retry, in milliseconds. Source: Lambda Developer Guide, "How Lambda handles
 * errors and retries with asynchronous invocation".
 */
const retryWaits = [60_000, 120_000];
/** Throttled events wait from one second up to five minutes. Same source. */
const firstThrottleWait = 1000;
const longestThrottleWait = 300_000;

type Run = (target: LambdaFunction, payload: string) => Promise<Invoked>;

/** Asynchronous invocations: Lambda's own queue, with its retries, destinations and dead letters. */
export class Asynchronous {
  readonly #lambdaHost: LambdaHost;
  readonly #run: Run;

  constructor(lambdaHost: LambdaHost, run: Run) {
    this.#lambdaHost = lambdaHost;
    this.#run = run;
  }

  /** Accepts an event, which runs later. */
  accept(target: LambdaFunction, payload: string, requestId: string): void {
    this.#lambdaHost.clock.after(0, () => void this.#work(target, payload, requestId));
  }

  async #work(target: LambdaFunction, payload: string, requestId: string): Promise<void> {
    const { clock } = this.#lambdaHost;
    const { maximumRetries, maximumAgeSeconds } = target.asynchronous;
    const expires = clock.now() + maximumAgeSeconds * 1000;
    let throttleWait = firstThrottleWait;
    let last: Invoked | undefined;
    for (let attempt = 0; attempt <= maximumRetries; ) {
      if (clock.now() >= expires) return this.#failed(target, payload, requestId, last, 'EventAgeExceeded', attempt);
      try {
        last = await this.#run(target, payload);
        attempt++;
        if (last.functionError === undefined) return await this.#succeeded(target, payload, requestId, last, attempt);
        if (attempt <= maximumRetries) await clock.sleep(retryWaits[attempt - 1] ?? longestThrottleWait);
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        await clock.sleep(throttleWait);
        throttleWait = Math.min(throttleWait * 2, longestThrottleWait);
      }
    }
    await this.#failed(target, payload, requestId, last, 'RetriesExhausted', maximumRetries + 1);
  }

  async #succeeded(
    target: LambdaFunction,
    payload: string,
    id: string,
    last: Invoked,
    attempts: number,
  ): Promise<void> {
    const { onSuccess } = target.asynchronous;
    if (onSuccess !== undefined)
      await this.#send(target, onSuccess, record(target, payload, id, last, 'Success', attempts));
  }

  async #failed(
    target: LambdaFunction,
    payload: string,
    id: string,
    last: Invoked | undefined,
    condition: string,
    attempts: number,
  ): Promise<void> {
    const { onFailure } = target.asynchronous;
    const { deadLetterArn } = target.settings;
    if (onFailure !== undefined)
      await this.#send(target, onFailure, record(target, payload, id, last, condition, attempts));
    if (deadLetterArn !== undefined) {
      const failure = last === undefined ? undefined : (JSON.parse(last.payload) as { errorMessage?: string });
      const text = (value: string) => ({ DataType: 'String', StringValue: value });
      await this.#quietly(this.#principal(target), 'sqs', 'SendMessage', {
        QueueUrl: queueUrl(deadLetterArn),
        MessageBody: payload,
        MessageAttributes: {
          RequestID: text(id),
          ErrorCode: { DataType: 'Number', StringValue: '200' },
          ErrorMessage: text((failure?.errorMessage ?? condition).slice(0, 1024)),
        },
      });
    }
  }

  /** Destinations are called with the rights of the function's own role. */
  async #send(target: LambdaFunction, destination: string, body: object): Promise<void> {
    const principal = this.#principal(target);
    const service = destination.split(':')[2];
    const text = JSON.stringify(body);
    if (service === 'sqs') {
      return this.#quietly(principal, 'sqs', 'SendMessage', { QueueUrl: queueUrl(destination), MessageBody: text });
    }
    if (service === 'lambda') {
      const input = { FunctionName: destination, InvocationType: 'Event', Payload: Buffer.from(text) };
      return this.#quietly(principal, 'lambda', 'Invoke', input);
    }
    throw new Error(`a destination must be a queue or a function here, not ${destination}`);
  }

  /** An undeliverable event is lost, as in Lambda; the journal of calls shows it. */
  async #quietly(principal: Principal, service: string, operation: string, input: object): Promise<void> {
    try {
      await this.#lambdaHost.aws.call(principal, service, operation, input);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
    }
  }

  #principal({ settings }: LambdaFunction): Principal {
    return { kind: 'role', roleArn: settings.roleArn, sessionName: settings.name };
  }
}

function record(
  target: LambdaFunction,
  payload: string,
  id: string,
  last: Invoked | undefined,
  condition: string,
  attempts: number,
) {
  return {
    version: '1.0',
    requestContext: {
      requestId: id,
      functionArn: `${target.settings.arn}:$LATEST`,
      condition,
      approximateInvokeCount: attempts,
    },
    requestPayload: JSON.parse(payload) as unknown,
    ...(last === undefined
      ? {}
      : {
          responseContext: {
            statusCode: 200,
            executedVersion: '$LATEST',
            ...(last.functionError === undefined ? {} : { functionError: last.functionError }),
          },
          responsePayload: JSON.parse(last.payload) as unknown,
        }),
  };
}

function queueUrl(arn: string): string {
  const [, , , region, account, name] = arn.split(':');
  return `https://sqs.${region}.amazonaws.com/${account}/${name}`;
}
