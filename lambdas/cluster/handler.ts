import type { SQSBatchItemFailure, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import * as v from 'valibot';
import { type Answer, SurveyCallSchema } from '../../domain/messages.ts';
import type { Survey } from '../../domain/survey.ts';
import { ownToken } from '../adapters/eks-identity.ts';
import { variable } from '../adapters/environment.ts';
import { fail, succeed } from '../adapters/executions.ts';
import { performAllInside, surveyInside } from '../adapters/inside.ts';
import { rowsOf } from '../adapters/ledger.ts';
import { putBack } from '../adapters/queue.ts';
import { count, logger } from '../adapters/telemetry.ts';
import { type Received, readMessage, sortMessages, type Wanted, waitSeconds } from './messages.ts';
import { performAll, performSurvey } from './perform.ts';

const cluster = variable('CLUSTER_NAME');
const queueUrl = variable('CLUSTER_QUEUE');
/** The function in the network of a private cluster; a cluster that can be reached from here has none. */
const inside = process.env['INSIDE_FUNCTION'];

/** After how many seconds messages come again that could not be dealt with: a service failed, or the function inside. */
const failedSeconds = 10;

/**
 * The function of one cluster. It takes nodes that are to be closed, released or quarantined out of the cluster's queue, does for all of them what their
 * rows in the ledger say, and answers the states that wait. A node that has to wait stays in the queue, and becomes visible again in some seconds. It also
 * surveys the nodes of our pools.
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
  const received = Records.flatMap((record) => readMessage(record) ?? []);
  count('EventUnreadable', Records.length - received.length);
  const back: SQSBatchItemFailure[] = [];
  const open = new Set(received);
  /** The message has to come again: where it cannot be told when, once its visibility ends. */
  const defer = async (one: Received, seconds: number) => {
    open.delete(one);
    back.push({ itemIdentifier: one.record.messageId });
    await putBack(queueUrl, one.record, seconds).catch((error: unknown) => {
      logger.error('a message was not put back', error as Error);
    });
  };
  const settle = async (one: Received, answer: Exclude<Answer, { kind: 'wait' }>) => {
    open.delete(one);
    await answerState(one, answer).catch(async (error: unknown) => {
      logger.error('a state was not answered', error as Error);
      await defer(one, failedSeconds);
    });
  };
  try {
    const rows = await rowsOf(received.map(({ message }) => message.key));
    const { wanted, refused: denied, foreign } = sortMessages(received, rows, cluster, Date.now());
    count('MessageRefused', foreign.length);
    for (const one of foreign) {
      logger.warn('a message in the queue of the cluster is none of a run that the ledger knows', one.message.key);
      open.delete(one);
    }
    for (const one of denied) {
      const { action, key } = one.message;
      const words = `${action} of ${key.instanceId} launched at ${key.launchedAt}: ${one.because}`;
      logger.warn('refused', { because: words });
      await settle(one, { kind: 'ended', failure: { outcome: 'internal-error', detail: `refused: ${words}` } });
    }
    await perform(wanted, async ({ asked, by }, answer) => {
      for (const one of by) {
        if (answer.kind === 'wait') await defer(one, waitSeconds(asked, answer.afterMs, Date.now()));
        else await settle(one, answer);
      }
    });
  } catch (error) {
    logger.error('the batch was not dealt with', error as Error);
    for (const one of open) await defer(one, failedSeconds);
  }
  return back;
}

/** Answers the state that waits. */
async function answerState({ message: { token } }: Received, answer: Exclude<Answer, { kind: 'wait' }>): Promise<void> {
  if (answer.kind === 'done') await succeed(token, answer.output);
  else await fail(token, answer.failure);
}

async function perform(
  wanted: readonly Wanted[],
  answered: (one: Wanted, answer: Answer) => Promise<void>,
): Promise<void> {
  if (wanted.length === 0) return;
  const token = await ownToken(cluster);
  const batch = wanted.map(({ asked }) => asked);
  const at = async (place: number, answer: Answer) => {
    const one = wanted[place];
    if (one !== undefined) await answered(one, answer);
  };
  if (inside === undefined) {
    await performAll(batch, token, at);
    return;
  }
  const answers = await performAllInside(inside, batch, token);
  await Promise.all(answers.map((answer, place) => at(place, answer)));
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
