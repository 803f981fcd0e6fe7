import type { SQSBatchItemFailure } from 'aws-lambda';
import type { Answer } from '../../domain/messages.ts';
import { variable } from '../adapters/environment.ts';
import { fail, succeed } from '../adapters/executions.ts';
import { rowsOf } from '../adapters/ledger.ts';
import { deferAll, deleteAll, type ReceivedMessage } from '../adapters/queue.ts';
import { count, logger } from '../adapters/telemetry.ts';
import { type Received, readMessage, sortMessages, waitSeconds } from './messages.ts';
import type { Session } from './perform.ts';

const cluster = variable('CLUSTER_NAME');
const queueUrl = variable('QUEUE');

/** After how many seconds messages come again that could not be dealt with: a service failed, or the function inside. */
const failedSeconds = 10;

/** Messages that are dealt with together. */
export class Batch {
  readonly #received: readonly Received[];
  /** Those that are neither answered nor put back yet. */
  readonly #open: Set<Received>;
  /** What the poller is not to delete; absent if the messages were taken without it, and are deleted here. */
  readonly #back: SQSBatchItemFailure[] | undefined;

  constructor(records: readonly ReceivedMessage[], back?: SQSBatchItemFailure[]) {
    this.#received = records.flatMap((record) => readMessage(record) ?? []);
    this.#open = new Set(this.#received);
    this.#back = back;
    count('EventUnreadable', records.length - this.#received.length);
  }

  /** Deals with all of them; it never throws. */
  async deal(session: Session): Promise<void> {
    try {
      await this.#deal(session);
    } catch (error) {
      logger.error('messages were not dealt with', error as Error);
      await Promise.all([...this.#open].map((one) => this.#defer(one, failedSeconds)));
    }
  }

  async #deal(session: Session): Promise<void> {
    const runs = await rowsOf(this.#received.map(({ message }) => message.key));
    const { wanted, refused, foreign } = sortMessages(this.#received, runs, cluster, Date.now());
    count('MessageRefused', foreign.length);
    for (const one of foreign) {
      logger.warn('a message in the queue of the cluster is none of a run that the ledger knows', one.message.key);
      await this.#done(one);
    }
    for (const one of refused) {
      const { action, key } = one.message;
      const detail = `refused: ${action} of ${key.instanceId} launched at ${key.launchedAt}: ${one.because}`;
      logger.warn('refused', { because: detail });
      await this.#answer(one, { kind: 'ended', failure: { outcome: 'internal-error', detail } });
    }
    if (wanted.length === 0) return;
    const batch = wanted.map(({ asked }) => asked);
    await session.perform(batch, async (place, answer) => {
      const { asked, by } = wanted[place] ?? { by: [] };
      for (const one of by) {
        if (answer.kind !== 'wait') await this.#answer(one, answer);
        else if (asked !== undefined) await this.#defer(one, waitSeconds(asked, answer.afterMs, Date.now()));
      }
    });
  }

  /** Answers the state that waits. */
  async #answer(one: Received, answer: Exclude<Answer, { kind: 'wait' }>): Promise<void> {
    try {
      const { token } = one.message;
      await (answer.kind === 'done' ? succeed(token, answer.output) : fail(token, answer.failure));
      await this.#done(one);
    } catch (error) {
      logger.error('a state was not answered', error as Error);
      await this.#defer(one, failedSeconds);
    }
  }

  /** The message has not to come again. */
  async #done(one: Received): Promise<void> {
    this.#open.delete(one);
    if (this.#back !== undefined) return;
    await deleteAll(queueUrl, [one.record]).catch((error: unknown) => {
      logger.error('a message was not deleted', error as Error);
    });
  }

  /** The message has to come again: if it cannot be told when, once its visibility ends. */
  async #defer(one: Received, seconds: number): Promise<void> {
    this.#open.delete(one);
    this.#back?.push({ itemIdentifier: one.record.messageId });
    await deferAll(queueUrl, [{ record: one.record, seconds }]).catch((error: unknown) => {
      logger.error('a message was not put back', error as Error);
    });
  }
}
