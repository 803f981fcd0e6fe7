import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { Closing, InsideCall } from '../../domain/messages.ts';
import type { Receipt } from '../../domain/receipt.ts';
import type { Survey } from '../../domain/survey.ts';

const client = new LambdaClient({ maxAttempts: 4 });

/** An error of the function inside, under its own name: the state machine goes by that. */
class InsideError extends Error {
  constructor({ errorType = 'Error', errorMessage = '' }: { errorType?: string; errorMessage?: string }) {
    super(errorMessage);
    this.name = errorType;
  }
}

/**
 * Has a call performed by the function in a private cluster's network.
 *
 * @param functionArn the function inside
 * @throws an error of the same name and message as the function's
 */
export async function performInside(functionArn: string, call: InsideCall): Promise<Receipt | Closing | Survey> {
  const { FunctionError, Payload } = await client.send(
    new InvokeCommand({ FunctionName: functionArn, Payload: JSON.stringify(call) }),
  );
  const answer: unknown = JSON.parse(Buffer.from(Payload ?? []).toString() || 'null');
  if (FunctionError !== undefined) throw new InsideError(answer as { errorType?: string; errorMessage?: string });
  return answer as Receipt | Closing | Survey;
}
