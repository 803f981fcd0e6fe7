import { randomBytes } from 'node:crypto';
import {
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import type { Failure } from '../../domain/receipt.ts';
import { unlessDone } from './aws-errors.ts';

const client = new SFNClient({ maxAttempts: 6 });

/** The maximum length of a cause in SendTaskFailure. */
const causeLimit = 32_768;

/** Draws the random part of an execution's name: 16 characters. */
export function drawName(): string {
  return randomBytes(8).toString('hex');
}

/** Starts an execution under the name from its run record. If the name exists, the execution was started before. */
export async function start(stateMachineArn: string, name: string, input: unknown): Promise<void> {
  const execution = new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) });
  await unlessDone('states:StartExecution', () => client.send(execution));
}

/** Stops an execution. Does nothing if it has ended or was never started. */
export async function stop(stateMachineArn: string, name: string, { outcome, detail }: Failure): Promise<void> {
  const executionArn = `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
  const stopping = new StopExecutionCommand({ executionArn, error: outcome, cause: detail.slice(0, causeLimit) });
  await unlessDone('states:StopExecution', () => client.send(stopping));
}

/** Answers a waiting state with its output. An expired or already answered token is not an error. */
export async function succeed(taskToken: string, output: unknown): Promise<void> {
  const success = new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output) });
  await unlessDone('states:SendTaskSuccess', () => client.send(success));
}

/** Answers a waiting state with an outcome as its error. An expired or already answered token is not an error. */
export async function fail(taskToken: string, failure: Failure): Promise<void> {
  const cause = failure.detail.slice(0, causeLimit);
  const failed = new SendTaskFailureCommand({ taskToken, error: failure.outcome, cause });
  await unlessDone('states:SendTaskFailure', () => client.send(failed));
}
