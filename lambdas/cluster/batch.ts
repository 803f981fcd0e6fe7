import { claimText } from '../../domain/claim-text.ts';
import type { Answer, Closing, NodeCall, TimedCall } from '../../domain/messages.ts';
import type { Failure, Receipt } from '../../domain/receipt.ts';
import { close } from './close.ts';
import { FinalOutcome, RetryLater } from './errors.ts';
import type { Ports } from './ports.ts';
import { quarantine } from './quarantine.ts';
import { release } from './release.ts';

/**
 * Performs the calls of a batch in parallel.
 *
 * @param answered called with each node's index in the batch, as soon as it has an answer
 */
export async function performBatch(
  batch: readonly TimedCall[],
  ports: Ports,
  answered: (place: number, answer: Answer) => Promise<void>,
): Promise<void> {
  await Promise.all(batch.map(async (asked, place) => answered(place, await answerTo(asked, ports))));
}

/** Returns the result for one node; never throws. */
async function answerTo({ call, askedAt }: TimedCall, ports: Ports): Promise<Answer> {
  try {
    return { kind: 'done', output: await perform(call, askedAt, ports) };
  } catch (error) {
    if (error instanceof RetryLater) return { kind: 'wait', detail: error.message, afterMs: error.afterMs };
    return { kind: 'ended', failure: failureIn(error, call.action) };
  }
}

function failureIn(error: unknown, action: NodeCall['action']): Failure {
  if (error instanceof FinalOutcome) return { outcome: error.name, detail: error.message };
  return { outcome: 'internal-error', detail: claimText(`in ${action}: ${String(error)}`) };
}

function perform(call: NodeCall, askedAt: number, ports: Ports): Promise<Receipt | Closing> {
  switch (call.action) {
    case 'close':
      return close(call, ports);
    case 'release':
      return release(call, askedAt, ports);
    case 'quarantine':
      return quarantine(call, ports);
  }
}
