import {
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  InvalidToken,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
  TaskDoesNotExist,
  TaskTimedOut,
} from '@aws-sdk/client-sfn';
import type { Failure } from '../../domain/receipt.ts';

const client = new SFNClient({ maxAttempts: 6 });

/** The longest cause that SendTaskFailure takes. */
const causeLimit = 32_768;

/** Starts an execution under a name that is a pure function of its event; a name that is taken means that it was started before. */
export async function start(stateMachineArn: string, name: string, input: unknown): Promise<void> {
  try {
    await client.send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }));
  } catch (error) {
    if (!(error instanceof ExecutionAlreadyExists)) throw error;
  }
}

/** Ends an execution, whatever it is at; one that has ended or never was is left as it is. */
export async function stop(stateMachineArn: string, name: string, { outcome, detail }: Failure): Promise<void> {
  const executionArn = `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
  try {
    await client.send(new StopExecutionCommand({ executionArn, error: outcome, cause: detail.slice(0, causeLimit) }));
  } catch (error) {
    if (!(error instanceof ExecutionDoesNotExist)) throw error;
  }
}

/** Answers a waiting state with its output. A token that is dead or already answered is no error: somebody was there first. */
export async function succeed(taskToken: string, output: unknown): Promise<void> {
  await answer(() => client.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output) })));
}

/** Answers a waiting state with an outcome as its error. A token that is dead or already answered is no error. */
export async function fail(taskToken: string, failure: Failure): Promise<void> {
  const cause = failure.detail.slice(0, causeLimit);
  await answer(() => client.send(new SendTaskFailureCommand({ taskToken, error: failure.outcome, cause })));
}

async function answer(send: () => Promise<unknown>): Promise<void> {
  try {
    await send();
  } catch (error) {
    const dead = error instanceof TaskTimedOut || error instanceof TaskDoesNotExist || error instanceof InvalidToken;
    if (!dead) throw error;
  }
}
