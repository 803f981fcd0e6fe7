import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { whileSpreading } from './spread.ts';

// An interrupted request may still be running, so it is not sent twice.
const client = new LambdaClient({ maxAttempts: 1 });

/**
 * Invokes a function and waits for its answer.
 *
 * @throws Error with the name and the message of the function's own failure
 */
export async function invoke(functionArn: string, event: object): Promise<unknown> {
  const { FunctionError, Payload } = await whileSpreading(
    'lambda:Invoke',
    () => client.send(new InvokeCommand({ FunctionName: functionArn, Payload: JSON.stringify(event) })),
    ['wait', 'retry'],
  );
  const answer: unknown = JSON.parse(Buffer.from(Payload ?? []).toString() || 'null');
  if (FunctionError === undefined) return answer;
  const { errorType = 'Error', errorMessage = 'it failed without a message' } = answer as {
    errorType?: string;
    errorMessage?: string;
  };
  const error = new Error(errorMessage);
  error.name = errorType;
  throw error;
}
