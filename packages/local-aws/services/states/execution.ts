/**
 * One execution of a Standard state machine:
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html
 */
import type { HistoryEvent } from '@aws-sdk/client-sfn';
import { Ended, type Engine, type Machine } from './engine.ts';
import { asStateError } from './errors.ts';
import { History } from './history.ts';
import { Interpreter } from './interpreter.ts';

/** An execution's status. */
export type Status = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/** An execution and its progress. */
export class Execution {
  readonly arn: string;
  readonly name: string;
  readonly input: unknown;
  readonly inputText: string;
  readonly machine: Machine;
  readonly startDate: Date;
  readonly history: History;
  status: Status = 'RUNNING';
  stopDate: Date | undefined;
  output: unknown;
  error: string | undefined;
  cause: string | undefined;
  /** States entered and retries: what AWS bills. */
  transitions = 0;
  /** The names of the entered states, in order. */
  readonly path: string[] = [];
  readonly #engine: Engine;
  readonly #abort = new AbortController();

  constructor(options: {
    readonly arn: string;
    readonly name: string;
    readonly inputText: string;
    readonly machine: Machine;
    readonly engine: Engine;
    readonly watch?: (event: HistoryEvent) => void;
  }) {
    const { engine, machine, inputText } = options;
    this.arn = options.arn;
    this.name = options.name;
    this.machine = machine;
    this.inputText = inputText;
    this.input = JSON.parse(inputText);
    this.#engine = engine;
    this.startDate = new Date(engine.clock.now());
    this.history = new History(() => engine.clock.now(), options.watch);
  }

  /** Runs to the end. Resolves when the execution is closed, whatever its status. */
  async run(): Promise<void> {
    const { definition, roleArn } = this.machine;
    const executionStartedEventDetails = { input: this.inputText, inputDetails: { truncated: false }, roleArn };
    this.history.add('ExecutionStarted', { executionStartedEventDetails });
    const seconds = definition.TimeoutSeconds;
    const timer =
      seconds === undefined
        ? undefined
        : this.#engine.clock.after(seconds * 1000, () => this.#abort.abort(new Ended('TIMED_OUT', 'States.Timeout')));
    try {
      this.output = await new Interpreter(this, this.#engine).run(definition, this.input, this.#abort.signal);
      this.#close('SUCCEEDED');
      const executionSucceededEventDetails = {
        output: JSON.stringify(this.output),
        outputDetails: { truncated: false },
      };
      this.history.add('ExecutionSucceeded', { executionSucceededEventDetails });
    } catch (thrown) {
      this.#fail(thrown);
    } finally {
      timer?.cancel();
    }
  }

  /** Ends it from outside. */
  stop(error: string | undefined, cause: string | undefined): void {
    this.#abort.abort(new Ended('ABORTED', error, cause));
  }

  #fail(thrown: unknown): void {
    if (thrown instanceof Ended) {
      const { error, cause } = thrown;
      this.#close(thrown.status, error, cause);
      const details = { ...(error === undefined ? {} : { error }), ...(cause === undefined ? {} : { cause }) };
      if (thrown.status === 'ABORTED') this.history.add('ExecutionAborted', { executionAbortedEventDetails: details });
      else this.history.add('ExecutionTimedOut', { executionTimedOutEventDetails: details });
      return;
    }
    const { Error: error, Cause: cause } = asStateError(thrown).output;
    this.#close('FAILED', error, cause);
    this.history.add('ExecutionFailed', { executionFailedEventDetails: { error, cause } });
  }

  #close(status: Status, error?: string, cause?: string): void {
    this.status = status;
    this.stopDate = new Date(this.#engine.clock.now());
    this.error = error;
    this.cause = cause;
  }
}
