import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import * as v from 'valibot';
import { claimText } from '../../domain/claim-text.ts';
import type { SurveyCall } from '../../domain/messages.ts';
import { type Survey, SurveySchema } from '../../domain/survey.ts';

const ownClient = new LambdaClient({ maxAttempts: 4 });

/** The maximum number of pages in a survey: more nodes than Kubernetes supports in a cluster. */
const mostPages = 100;

/**
 * Reads a cluster's nodes from its function, page by page.
 *
 * @param functionArn the function of the cluster
 * @param budgetMs how long the whole survey may take, in milliseconds
 * @param client another client than the functions' own
 * @throws Error with the function's message if it failed, for instance `cluster-unreachable`, or if the survey has too
 *   many pages or takes too long
 */
export async function* surveyOf(
  functionArn: string,
  budgetMs: number,
  client = ownClient,
): AsyncGenerator<Survey['nodes']> {
  const abortSignal = AbortSignal.timeout(budgetMs);
  let next: string | undefined;
  for (let page = 0; page < mostPages; page++) {
    const call: SurveyCall = { action: 'survey', ...(next === undefined ? {} : { next }) };
    const { FunctionError, Payload } = await client.send(
      new InvokeCommand({ FunctionName: functionArn, Payload: JSON.stringify(call) }),
      { abortSignal },
    );
    const answer: unknown = JSON.parse(Buffer.from(Payload ?? []).toString() || 'null');
    if (FunctionError !== undefined) throw failureOf(answer);
    const survey = v.parse(SurveySchema, answer);
    yield survey.nodes;
    next = survey.next;
    if (next === undefined) return;
    // Handling a page takes time too.
    if (abortSignal.aborted) throw new Error(`the survey was not done after ${budgetMs} ms`);
  }
  throw new Error(`the survey has more than ${mostPages} pages`);
}

function failureOf(answer: unknown): Error {
  const { errorType = 'unknown', errorMessage = '' } = answer as { errorType?: string; errorMessage?: string };
  return new Error(`the survey failed: ${claimText(`${errorType}: ${errorMessage}`)}`);
}
