import type { Answer, SurveyCall, TimedCall } from '../../domain/messages.ts';
import type { Receipt } from '../../domain/receipt.ts';
import type { Survey } from '../../domain/survey.ts';
import { pem } from '../adapters/eks-identity.ts';
import { variable } from '../adapters/environment.ts';
import { Kubernetes } from '../adapters/kubernetes.ts';
import { emitEnd, logger } from '../adapters/telemetry.ts';
import { systemTime } from '../adapters/time.ts';
import { performBatch } from './batch.ts';
import { survey } from './survey.ts';
import { ClusterView } from './view.ts';

const cluster = variable('CLUSTER_NAME');
const endpoint = variable('CLUSTER_ENDPOINT');
const caPem = pem(variable('CLUSTER_CA'));
const gateKey = variable('GATE_KEY');
const proof = variable('PROOF');

/**
 * How long a call waits for what is likely to happen, in milliseconds. Other nodes may be in the queue in the meantime.
 */
const callMs = 10_000;
/**
 * The time after which a request counts as unanswered, in milliseconds. A cluster that does not answer occupies a
 * function for some seconds.
 */
const requestTimeoutMs = 5_000;
/**
 * When all requests of a call are over, in milliseconds from its beginning. The answers must be sent before the
 * function times out.
 */
const lastRequestMs = 20_000;

/** How long a release usually takes, in milliseconds. */
const usualMs = 4_000;

/** Called with each node's index in the batch, as soon as it has an answer. */
export type Answered = (place: number, answer: Answer) => Promise<void>;

/** A connection to the cluster for one call of the function. All its batches share one view. */
export interface Session {
  /** Until when a further batch has enough time, in milliseconds since the epoch. */
  readonly takesUntil: number;
  /** Performs the authorized calls of a batch in the cluster. */
  perform(batch: readonly TimedCall[], answered: Answered): Promise<void>;
  close(): Promise<void>;
}

/**
 * Connects to the cluster with the token's identity.
 *
 * @param token a bearer token for the cluster; never logged
 */
export function openSession(token: string): Session {
  const signal = AbortSignal.timeout(lastRequestMs);
  const api = new Kubernetes({ endpoint, caPem, token, requestTimeoutMs, signal });
  const view = new ClusterView(api, systemTime);
  const warn = (message: string, error: unknown) =>
    logger.warn(message, error instanceof Error ? error : String(error));
  const endsAt = systemTime.now() + callMs;
  const released = (receipt: Receipt, first: boolean) => emitEnd({ ...receipt, released: { receipt, first } });
  const ports = { api, view, time: systemTime, endsAt, gateKey, proof, released, warn } as const;
  return {
    takesUntil: endsAt - usualMs,
    perform: (batch, answered) =>
      performBatch(batch, ports, async (place, answer) => {
        const { action, launch } = batch[place]?.call ?? {};
        logger.info('answered', { action, instanceId: launch?.instanceId, answer: shown(answer) });
        await answered(place, answer);
      }),
    async close() {
      view.close();
      await api.close();
    },
  };
}

/**
 * Reads one page of the Nodes in managed pools. Throws an error named by the outcome if the cluster does not answer or
 * denies the request.
 */
export async function performSurvey(call: SurveyCall, token: string): Promise<Survey> {
  const api = new Kubernetes({ endpoint, caPem, token });
  try {
    return await survey(call, { api, cluster, gateKey, time: systemTime });
  } finally {
    await api.close();
  }
}

/** Shortens an answer for the log; the whole receipt is in the ledger and on the Node. */
function shown(answer: Answer): object {
  if (answer.kind !== 'done') return answer;
  const { output } = answer;
  return 'closed' in output ? output : { outcome: output.outcome, detail: output.detail };
}
