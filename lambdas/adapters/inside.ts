import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { Answer, InsideCall, SurveyCall, TimedCall } from '../../domain/messages.ts';
import type { Survey } from '../../domain/survey.ts';

const client = new LambdaClient({ maxAttempts: 4 });

/** An error of the inside function, with its own name. */
class InsideError extends Error {
  constructor({ errorType = 'Error', errorMessage = '' }: { errorType?: string; errorMessage?: string }) {
    super(errorMessage);
    this.name = errorType;
  }
}

/**
 * Sends a batch to the function in a private cluster's network.
 *
 * @param functionArn the inside function
 * @returns the result for each node, in the order of the batch
 * @throws an error with the name and message of the function's error
 */
export async function performInside(
  functionArn: string,
  batch: readonly TimedCall[],
  token: string,
): Promise<readonly Answer[]> {
  return (await invoke(functionArn, { batch: [...batch], token })) as readonly Answer[];
}

/** Sends a survey to the function in a private cluster's network. */
export async function surveyInside(functionArn: string, survey: SurveyCall, token: string): Promise<Survey> {
  return (await invoke(functionArn, { survey, token })) as Survey;
}

async function invoke(functionArn: string, call: InsideCall): Promise<unknown> {
  const { FunctionError, Payload } = await client.send(
    new InvokeCommand({ FunctionName: functionArn, Payload: JSON.stringify(call) }),
  );
  const answer: unknown = JSON.parse(Buffer.from(Payload ?? []).toString() || 'null');
  if (FunctionError !== undefined) throw new InsideError(answer as { errorType?: string; errorMessage?: string });
  return answer;
}
