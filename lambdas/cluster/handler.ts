import type { SQSBatchItemFailure, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import * as v from 'valibot';
import { SurveyCallSchema } from '../../domain/messages.ts';
import type { Survey } from '../../domain/survey.ts';
import { workOnReceived } from '../adapters/batches.ts';
import { ownToken } from '../adapters/eks-identity.ts';
import { variable } from '../adapters/environment.ts';
import { performInside, surveyInside } from '../adapters/inside.ts';
import { messagesPerCall, receiveFurther } from '../adapters/queue.ts';
import { logger } from '../adapters/telemetry.ts';
import { systemTime } from '../adapters/time.ts';
import { openSession, performSurvey, type Session } from './perform.ts';
import { workIn } from './work.ts';

const cluster = variable('CLUSTER_NAME');
const queueUrl = variable('QUEUE');
/** The function in a private cluster's network; undefined if the cluster can be reached from here. */
const inside = variable('INSIDE_FUNCTION');

/** The maximum number of nodes per call: two calls stay within the cluster's quota of proof pods. */
const mostNodes = 400;
/** How often a waiting call checks for further messages, in milliseconds. */
const takeEveryMs = 1_000;

/**
 * The function of one cluster. It receives messages about nodes to close, release or quarantine from the cluster's
 * queue, does what their run records allow, and answers the waiting states. The message of a node that has to wait
 * stays in the queue and returns after some seconds. The function also surveys the Nodes in managed pools.
 *
 * Without a batching window, Lambda delivers at most ten messages. So the function receives more itself, also while it
 * waits. Nodes that arrive then are not held up.
 *
 * @param event messages of the queue, or a SurveyCall
 */
export async function handler(event: unknown): Promise<SQSBatchResponse | Survey> {
  logger.resetKeys();
  logger.appendKeys({ cluster });
  if (isBatch(event)) return { batchItemFailures: [...(await workOn(event))] };
  const call = parseSurvey(event);
  const token = await ownToken(cluster);
  return inside === undefined ? performSurvey(call, token) : surveyInside(inside, call, token);
}

/** Handles the delivered messages, and further ones while it waits; returns which of the delivered ones stay. */
async function workOn({ Records }: SQSEvent): Promise<readonly SQSBatchItemFailure[]> {
  const session = await open();
  const work = workIn(session);
  const underWay = new Set<Promise<unknown>>();
  const track = (working: Promise<unknown>) => {
    const tracked = working.finally(() => underWay.delete(tracked));
    underWay.add(tracked);
  };
  let room = mostNodes - Records.length;
  const takeFurther = async () => {
    const further = await receiveFurther(queueUrl, { atMost: room, waitSeconds: 0 }, 0).catch(warn);
    room -= further.length;
    if (further.length > 0) track(workOnReceived(queueUrl, further, work).catch(warn));
  };
  const delivered = work(Records);
  track(delivered);
  if (Records.length >= messagesPerCall) await takeFurther();
  while (underWay.size > 0 && room > 0 && Date.now() < session.takesUntil) {
    await Promise.race([systemTime.sleep(takeEveryMs), Promise.all(underWay)]);
    if (underWay.size > 0) await takeFurther();
  }
  await Promise.all(underWay);
  await session.close();
  return delivered;
}

/** A message that the queue did not give or did not delete is delivered again. */
function warn(error: unknown): [] {
  logger.error('messages could not be received or deleted', error as Error);
  return [];
}

/** Connects to the cluster, or to the function in its network, which is invoked once for each batch. */
async function open(): Promise<Session> {
  const token = await ownToken(cluster);
  if (inside === undefined) return openSession(token);
  return {
    takesUntil: 0,
    async perform(batch, answered) {
      const answers = await performInside(inside, batch, token);
      await Promise.all(answers.map((answer, place) => answered(place, answer)));
    },
    close: async () => {},
  };
}

function isBatch(event: unknown): event is SQSEvent {
  return typeof event === 'object' && event !== null && Array.isArray((event as { Records?: unknown }).Records);
}

function parseSurvey(event: unknown) {
  const parsed = v.safeParse(SurveyCallSchema, event);
  if (parsed.success) return parsed.output;
  const issue = parsed.issues[0];
  throw new Error(`the call is not valid at ${v.getDotPath(issue) ?? 'its top'}: ${issue.message}`);
}
