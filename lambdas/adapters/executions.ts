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

/** The longest cause that SendTaskFailure takes. */
const causeLimit = 32_768;

/** Draws the part of an execution's name that no one can guess: 16 characters. */
export function drawName(): string {
  return randomBytes(8).toString('hex');
}

/** Starts an execution under the name that its row keeps; a name that is taken means that it was started before. */
export async function start(stateMachineArn: string, name: string, input: unknown): Promise<void> {
  const execution = new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) });
  await unlessDone('states:StartExecution', () => client.send(execution));
}

/** Ends an execution, whatever it is at; one that has ended or never was is left as it is. */
export async function stop(stateMachineArn: string, name: string, { outcome, detail }: Failure): Promise<void> {
  const executionArn = `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
  const stopping = new StopExecutionCommand({ executionArn, error: outcome, cause: detail.slice(0, causeLimit) });
  await unlessDone('states:StopExecution', () => client.send(stopping));
}

/** Answers a waiting state with its output. A token that is dead or already answered is no error: someone was there first. */
export async function succeed(taskToken: string, output: unknown): Promise<void> {
  const success = new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output) });
  await unlessDone('states:SendTaskSuccess', () => client.send(success));
}

/** Answers a waiting state with an outcome as its error. A token that is dead or already answered is no error. */
export async function fail(taskToken: string, failure: Failure): Promise<void> {
  const cause = failure.detail.slice(0, causeLimit);
  const failed = new SendTaskFailureCommand({ taskToken, error: failure.outcome, cause });
  await unlessDone('states:SendTaskFailure', () => client.send(failed));
}
