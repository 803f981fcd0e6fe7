import type { SQSBatchItemFailure, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import * as v from 'valibot';
import { SurveyCallSchema } from '../../domain/messages.ts';
import type { Survey } from '../../domain/survey.ts';
import { ownToken } from '../adapters/eks-identity.ts';
import { variable } from '../adapters/environment.ts';
import { performInside, surveyInside } from '../adapters/inside.ts';
import { messagesPerCall, receiveFurther } from '../adapters/queue.ts';
import { logger } from '../adapters/telemetry.ts';
import { systemTime } from '../adapters/time.ts';
import { Batch } from './deal.ts';
import { openSession, performSurvey, type Session } from './perform.ts';

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
  if (isBatch(event)) return { batchItemFailures: await work(event) };
  const call = parseSurvey(event);
  const token = await ownToken(cluster);
  return inside === undefined ? performSurvey(call, token) : surveyInside(inside, call, token);
}

async function work({ Records }: SQSEvent): Promise<SQSBatchItemFailure[]> {
  const session = await open();
  const back: SQSBatchItemFailure[] = [];
  const underWay = new Set<Promise<void>>();
  const begin = (batch: Batch) => {
    const dealing = batch.deal(session).finally(() => underWay.delete(dealing));
    underWay.add(dealing);
  };
  let room = mostNodes - Records.length;
  const more = async () => {
    const taken = await receiveFurther(queueUrl, { atMost: room, waitSeconds: 0 }, 0).catch((error: unknown) => {
      logger.error('messages could not be received', error as Error);
      return [];
    });
    room -= taken.length;
    return taken;
  };
  const waiting = Records.length < messagesPerCall ? [] : await more();
  begin(new Batch(Records, back));
  if (waiting.length > 0) begin(new Batch(waiting));
  while (underWay.size > 0 && room > 0 && Date.now() < session.takesUntil) {
    await Promise.race([systemTime.sleep(takeEveryMs), Promise.all(underWay)]);
    if (underWay.size === 0) break;
    const taken = await more();
    if (taken.length > 0) begin(new Batch(taken));
  }
  await Promise.all(underWay);
  await session.close();
  return back;
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
