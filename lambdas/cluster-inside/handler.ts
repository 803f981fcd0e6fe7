import * as v from 'valibot';
import { type Answer, InsideCallSchema } from '../../domain/messages.ts';
import type { Survey } from '../../domain/survey.ts';
import { logger } from '../adapters/telemetry.ts';
import { openSession, performSurvey } from '../cluster/perform.ts';

/**
 * The part of a private cluster's function that runs in the cluster's network. It has no identity in the cluster and no
 * permissions in AWS. It can do only what the token in a call allows, and nothing without one.
 *
 * @param event an {@link InsideCallSchema} value; never logged
 * @returns the result for each node, in the order of the batch; or one page of the survey
 */
export async function handler(event: unknown): Promise<readonly Answer[] | Survey> {
  const call = v.parse(InsideCallSchema, event);
  logger.resetKeys();
  if ('survey' in call) return performSurvey(call.survey, call.token);
  const answers: Answer[] = [];
  const session = openSession(call.token);
  await session
    .perform(call.batch, async (place, answer) => {
      answers[place] = answer;
    })
    .finally(() => session.close());
  return answers;
}
