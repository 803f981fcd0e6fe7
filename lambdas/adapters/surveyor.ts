import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import * as v from 'valibot';
import type { ClusterCall } from '../../domain/messages.ts';
import { type Survey, SurveySchema } from '../../domain/survey.ts';

const client = new LambdaClient({ maxAttempts: 4 });

/**
 * Asks the function of a cluster for its nodes, page by page.
 *
 * @param functionArn the function of the cluster
 * @throws Error with the words of the function where it failed, for instance `cluster-unreachable`
 */
export async function* surveyOf(functionArn: string): AsyncGenerator<Survey['nodes']> {
  let next: string | undefined;
  do {
    const call: ClusterCall = { action: 'survey', ...(next === undefined ? {} : { next }) };
    const { FunctionError, Payload } = await client.send(
      new InvokeCommand({ FunctionName: functionArn, Payload: JSON.stringify(call) }),
    );
    const answer: unknown = JSON.parse(Buffer.from(Payload ?? []).toString() || 'null');
    if (FunctionError !== undefined) throw failureOf(answer);
    const survey = v.parse(SurveySchema, answer);
    yield survey.nodes;
    next = survey.next;
  } while (next !== undefined);
}

function failureOf(answer: unknown): Error {
  const { errorType = 'unknown', errorMessage = '' } = answer as { errorType?: string; errorMessage?: string };
  return new Error(`the survey failed: ${errorType}: ${errorMessage}`);
}
