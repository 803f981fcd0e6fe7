import type { SQSBatchItemFailure } from 'aws-lambda';
import type { Answer } from '../../domain/messages.ts';
import type { Work } from '../adapters/batches.ts';
import { variable } from '../adapters/environment.ts';
import { fail, succeed } from '../adapters/executions.ts';
import { readRuns } from '../adapters/ledger.ts';
import { deferAll } from '../adapters/queue.ts';
import { count, logger } from '../adapters/telemetry.ts';
import { type Received, readMessage, sortMessages, waitSeconds } from './messages.ts';
import type { Session } from './perform.ts';

const cluster = variable('CLUSTER_NAME');
const queueUrl = variable('QUEUE');

/**
 * After how many seconds messages return if they could not be handled, because a service or the inside function failed.
 */
const failedSeconds = 10;

/** Does what messages ask for in the cluster, and answers the waiting states; never throws. */
export function workIn(session: Session): Work {
  return (records) => {
    const received = records.flatMap((record) => readMessage(record) ?? []);
    count('EventUnreadable', records.length - received.length);
    return new Batch(received).perform(session);
  };
}

/** Messages that are handled together. */
class Batch {
  readonly #received: readonly Received[];
  /** The messages that are neither answered nor deferred yet. */
  readonly #open: Set<Received>;
  readonly #left: SQSBatchItemFailure[] = [];

  constructor(received: readonly Received[]) {
    this.#received = received;
    this.#open = new Set(received);
  }

  /** Handles all of them, and returns those that stay in the queue. */
  async perform(session: Session): Promise<readonly SQSBatchItemFailure[]> {
    try {
      await this.#perform(session);
    } catch (error) {
      logger.error('messages could not be handled', error as Error);
      await Promise.all([...this.#open].map((one) => this.#defer(one, failedSeconds)));
    }
    return this.#left;
  }

  async #perform(session: Session): Promise<void> {
    const runs = await readRuns(this.#received.map(({ message }) => message.key));
    const { wanted, refused, foreign } = sortMessages(this.#received, runs, cluster, Date.now());
    count('MessageRefused', foreign.length);
    for (const one of foreign) {
      logger.warn('a message in the cluster queue does not belong to a known run', one.message.key);
      this.#open.delete(one);
    }
    for (const one of refused) {
      logger.warn('refused', { because: one.failure });
      await this.#answer(one, { kind: 'ended', failure: one.failure });
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

  /** Answers the waiting state. */
  async #answer(one: Received, answer: Exclude<Answer, { kind: 'wait' }>): Promise<void> {
    try {
      const { token } = one.message;
      await (answer.kind === 'done' ? succeed(token, answer.output) : fail(token, answer.failure));
      this.#open.delete(one);
    } catch (error) {
      logger.error('a waiting state could not be answered', error as Error);
      await this.#defer(one, failedSeconds);
    }
  }

  /** Defers a message. If that fails, it returns when its visibility timeout ends. */
  async #defer(one: Received, seconds: number): Promise<void> {
    this.#open.delete(one);
    this.#left.push({ itemIdentifier: one.record.messageId });
    await deferAll(queueUrl, [{ record: one.record, seconds }]).catch((error: unknown) => {
      logger.error('a message could not be deferred', error as Error);
    });
  }
}
