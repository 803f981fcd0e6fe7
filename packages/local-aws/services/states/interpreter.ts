/**
 * The interpreter of a state machine's states:
 * https://docs.aws.amazon.com/step-functions/latest/dg/workflow-states.html and
 * https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html
 */
import type { HistoryEvent } from '@aws-sdk/client-sfn';
import type { Catcher, ChoiceState, Definition, State, TaskState, WaitState } from './definition.ts';
import { Ended, type Engine, type Walked } from './engine.ts';
import { asStateError, limit, retryDelay, StateError, takes, wrongType } from './errors.ts';
import { callService, readResource } from './integrations.ts';
import { type Handles, pause, runAttempt } from './task.ts';

/** The progress of one state. */
interface Visit {
  readonly name: string;
  readonly input: unknown;
  readonly signal: AbortSignal;
  readonly enteredAt: string;
  readonly eventId: number;
  retries: number;
  token?: string;
}

/** A state's result: output and the next state, or none at the end. */
interface Left {
  readonly output: unknown;
  readonly next: string | undefined;
}

/** Runs the states of one execution. */
export class Interpreter {
  readonly #execution: Walked;
  readonly #engine: Engine;
  #variables: Readonly<Record<string, unknown>> = {};

  constructor(execution: Walked, engine: Engine) {
    this.#execution = execution;
    this.#engine = engine;
  }

  /**
   * Runs the states from the start to the output of the last one.
   *
   * @throws StateError if a state fails and nothing catches it, Ended if the signal aborts
   */
  async run({ StartAt, States }: Definition, input: unknown, signal: AbortSignal): Promise<unknown> {
    let name = StartAt;
    let data = input;
    for (;;) {
      const state = States[name];
      if (state === undefined) throw new StateError('States.Runtime', `There is no state ${name}.`);
      signal.throwIfAborted();
      const left = await this.#state(name, state, data, signal);
      signal.throwIfAborted();
      if (left.next === undefined) return left.output;
      data = left.output;
      name = left.next;
    }
  }

  async #state(name: string, state: State, input: unknown, signal: AbortSignal): Promise<Left> {
    await this.#engine.transition();
    signal.throwIfAborted();
    this.#execution.transitions++;
    this.#execution.path.push(name);
    const eventId = this.#execution.history.add(entered(state.Type), {
      stateEnteredEventDetails: { name, input: JSON.stringify(input), inputDetails: { truncated: false } },
    });
    const enteredAt = new Date(this.#engine.clock.now()).toISOString();
    const visit: Visit = { name, input, signal, enteredAt, eventId, retries: 0 };
    const left = await this.#handled(state, visit);
    const exited = exitOf(state.Type);
    if (exited !== undefined) {
      const output = JSON.stringify(left.output);
      this.#execution.history.add(exited, {
        stateExitedEventDetails: { name, output, outputDetails: { truncated: false } },
      });
    }
    return left;
  }

  /** Runs a state with its retriers and catchers. */
  async #handled(state: State, visit: Visit): Promise<Left> {
    const retriers = 'Retry' in state ? (state.Retry ?? []) : [];
    const used = retriers.map(() => 0);
    for (;;) {
      try {
        return await this.#once(state, visit);
      } catch (thrown) {
        if (thrown instanceof Ended) throw thrown;
        const error = asStateError(thrown, visit);
        if (error.error === 'States.QueryEvaluationError') this.#evaluationFailed(error, visit.name);
        const index = retriers.findIndex((one) => takes(one.ErrorEquals, error.error));
        const retrier = retriers[index];
        const attempt = used[index] ?? 0;
        const delay = retrier === undefined ? undefined : retryDelay(retrier, attempt, this.#engine.random());
        if (delay === undefined) return await this.#caught(state, visit, error);
        used[index] = attempt + 1;
        await pause(this.#engine.clock, delay * 1000, visit.signal);
        await this.#engine.transition();
        visit.retries++;
        this.#execution.transitions++;
      }
    }
  }

  #evaluationFailed({ error, cause }: StateError, state: string): void {
    this.#execution.history.add('EvaluationFailed', {
      evaluationFailedEventDetails: { error, cause: String(cause), state },
    });
  }

  async #caught(state: State, visit: Visit, error: StateError): Promise<Left> {
    const catchers = 'Catch' in state ? (state.Catch ?? []) : [];
    const index = catchers.findIndex((one) => takes(one.ErrorEquals, error.error));
    const catcher = catchers[index];
    if (catcher === undefined) throw error;
    const more = { errorOutput: error.output };
    return await this.#leave(catcher, visit, more, error.output, catcher.Next, `Catch[${index}]/`);
  }

  async #once(state: State, visit: Visit): Promise<Left> {
    switch (state.Type) {
      case 'Task': {
        const result = await this.#task(state, visit);
        return await this.#leave(state, visit, { result }, result, state.Next);
      }
      case 'Choice':
        return await this.#choice(state, visit);
      case 'Wait':
        await this.#wait(state, visit);
        return await this.#leave(state, visit, {}, visit.input, state.Next);
      case 'Pass':
        return await this.#leave(state, visit, {}, visit.input, state.Next);
      case 'Succeed':
        return await this.#leave(state, visit, {}, visit.input, undefined);
      case 'Fail': {
        const error = state.Error === undefined ? undefined : await this.#text(state.Error, 'Error', visit);
        const cause = state.Cause === undefined ? undefined : await this.#text(state.Cause, 'Cause', visit);
        throw new StateError(error, cause);
      }
    }
  }

  /** Evaluates Output and Assign on the previous variables, and then assigns. */
  async #leave(
    fields: Pick<Catcher, 'Output' | 'Assign'>,
    visit: Visit,
    more: object,
    fallback: unknown,
    next: string | undefined,
    prefix = '',
  ): Promise<Left> {
    const bindings = this.#bindings(visit, more);
    const { jsonata } = this.#engine;
    const output = 'Output' in fields ? await jsonata.evaluate(fields.Output, `${prefix}Output`, bindings) : fallback;
    const assigned =
      fields.Assign === undefined ? {} : await jsonata.evaluate(fields.Assign, `${prefix}Assign`, bindings);
    limit(output, `The state '${visit.name}' returned an output`);
    limit(assigned, `The state '${visit.name}' assigned variables`);
    this.#variables = { ...this.#variables, ...(assigned as Readonly<Record<string, unknown>>) };
    return { output, next };
  }

  async #task(state: TaskState, visit: Visit): Promise<unknown> {
    const { clock, tokens, aws } = this.#engine;
    const { service, action, callback } = readResource(state.Resource);
    const resource = `${action}${callback ? '.waitForTaskToken' : ''}`;
    const called = { resourceType: service, resource };
    const timeout = await this.#seconds(state.TimeoutSeconds, 'TimeoutSeconds', 1, visit);
    const heartbeat = await this.#seconds(state.HeartbeatSeconds, 'HeartbeatSeconds', 1, visit);
    // The token exists before the arguments that contain it are evaluated, but nothing can have it until the attempt
    // runs.
    let handles: Handles | undefined;
    const open = callback
      ? tokens.open({
          succeed: (output) => handles?.succeed(output),
          fail: (error, cause) => handles?.fail(error, cause),
          heartbeat: () => handles?.heartbeat(),
        })
      : undefined;
    if (open !== undefined) visit.token = open.token;
    try {
      const args = await this.#arguments(state.Arguments, visit);
      this.#execution.history.add('TaskScheduled', {
        taskScheduledEventDetails: {
          ...called,
          region: this.#execution.arn.split(':')[3],
          parameters: JSON.stringify(args ?? {}),
          timeoutInSeconds: timeout,
          heartbeatInSeconds: heartbeat,
        },
      });
      this.#execution.history.add('TaskStarted', { taskStartedEventDetails: called });
      const principal = this.#engine.session(this.#execution.machine, this.#execution.name);
      const call = {
        aws,
        principal,
        args,
        executionArn: this.#execution.arn,
        stateMachineArn: this.#execution.machine.arn,
      };
      const result = await runAttempt(
        {
          clock,
          signal: visit.signal,
          timeout,
          heartbeat,
          callback,
          call: () => callService(state.Resource, call),
          submitted: (answer) =>
            this.#execution.history.add('TaskSubmitted', {
              taskSubmittedEventDetails: { ...called, output: JSON.stringify(answer) },
            }),
        },
        (ready) => {
          handles = ready;
        },
      );
      limit(result, `The state/task '${resource}' returned a result`);
      this.#execution.history.add('TaskSucceeded', {
        taskSucceededEventDetails: { ...called, output: JSON.stringify(result) },
      });
      return result;
    } catch (thrown) {
      if (thrown instanceof StateError && thrown.error !== 'States.QueryEvaluationError') {
        const { Error: error, Cause: cause } = thrown.output;
        const timedOut = error === 'States.Timeout' || error === 'States.HeartbeatTimeout';
        if (timedOut)
          this.#execution.history.add('TaskTimedOut', { taskTimedOutEventDetails: { ...called, error, cause } });
        else this.#execution.history.add('TaskFailed', { taskFailedEventDetails: { ...called, error, cause } });
      }
      throw thrown;
    } finally {
      open?.close();
      delete visit.token;
    }
  }

  async #choice(state: ChoiceState, visit: Visit): Promise<Left> {
    for (const [index, choice] of state.Choices.entries()) {
      const field = `Choices[${index}]/Condition`;
      const holds = await this.#engine.jsonata.evaluate(choice.Condition, field, this.#bindings(visit));
      if (typeof holds !== 'boolean') throw wrongType(choice.Condition, field, 'boolean');
      if (holds) return await this.#leave(choice, visit, {}, visit.input, choice.Next, `Choices[${index}]/`);
    }
    if (state.Default === undefined)
      throw new StateError('States.NoChoiceMatched', 'No choice rule matched and there is no Default.');
    return await this.#leave(state, visit, {}, visit.input, state.Default);
  }

  async #wait(state: WaitState, visit: Visit): Promise<void> {
    const seconds = await this.#seconds(state.Seconds, 'Seconds', 0, visit);
    await pause(this.#engine.clock, 1000 * (seconds ?? 0), visit.signal);
  }

  async #arguments(template: unknown, visit: Visit): Promise<unknown> {
    const args = await this.#engine.jsonata.evaluate(template, 'Arguments', this.#bindings(visit));
    limit(args, `The state '${visit.name}' has arguments`);
    return args;
  }

  async #seconds(template: unknown, field: string, least: number, visit: Visit): Promise<number | undefined> {
    if (template === undefined) return undefined;
    const value = await this.#engine.jsonata.evaluate(template, field, this.#bindings(visit));
    if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= 99_999_999) return value;
    throw wrongType(template, field, `whole number from ${least} to 99999999`);
  }

  async #text(template: string, field: string, visit: Visit): Promise<string> {
    const value = await this.#engine.jsonata.evaluate(template, field, this.#bindings(visit));
    if (typeof value !== 'string') throw wrongType(template, field, 'string');
    return value;
  }

  #bindings(visit: Visit, more: object = {}): Readonly<Record<string, unknown>> {
    const { arn, name, input, machine, startDate } = this.#execution;
    const context = {
      Execution: {
        Id: arn,
        Input: input,
        Name: name,
        RoleArn: machine.roleArn,
        StartTime: startDate.toISOString(),
        RedriveCount: 0,
      },
      StateMachine: { Id: machine.arn, Name: machine.name },
      State: { Name: visit.name, EnteredTime: visit.enteredAt, RetryCount: visit.retries },
      ...(visit.token === undefined ? {} : { Task: { Token: visit.token } }),
    };
    return { ...this.#variables, states: { input: visit.input, context, ...more } };
  }
}
type EventType = NonNullable<HistoryEvent['type']>;

function entered(type: State['Type']): EventType {
  return `${type}StateEntered`;
}

function exitOf(type: State['Type']): EventType | undefined {
  return type === 'Fail' ? undefined : `${type}StateExited`;
}
