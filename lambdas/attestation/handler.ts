import * as v from 'valibot';
import { envelopeOf, preAuthEncoding } from '../../domain/attestation.ts';
import { msBetween } from '../../domain/events.ts';
import { AttestationCallSchema } from '../../domain/messages.ts';
import { publish } from '../adapters/bus.ts';
import { variable } from '../adapters/environment.ts';
import { readRun } from '../adapters/ledger.ts';
import { publicKeyOf, sha256, sign } from '../adapters/receipt-key.ts';
import { logger } from '../adapters/telemetry.ts';
import { systemTime } from '../adapters/time.ts';
import { decideAttestation } from './decide.ts';

const key = variable('RECEIPT_KEY');

/**
 * Signs the receipt of a run that has ended, and publishes it. It may be repeated: each signature holds.
 *
 * @param event a {@link AttestationCallSchema} value
 * @throws Error if the run has no end in the ledger
 */
export async function handler(event: unknown): Promise<{ readonly signed: boolean }> {
  const call = v.parse(AttestationCallSchema, event);
  logger.appendKeys({ instanceId: call.key.instanceId });
  const decided = decideAttestation(await readRun(call.key), systemTime.now(), sha256);
  if (decided.step === 'refuse') throw new Error(decided.reason);
  const { launch, statement } = decided;
  const payload = Buffer.from(JSON.stringify(statement));
  const [{ keyId }, signature] = await Promise.all([publicKeyOf(key), sign(key, preAuthEncoding(payload))]);
  const envelope = envelopeOf(payload, keyId, signature);
  const { receipt, signedAt } = statement.predicate;
  const tookMs = msBetween(receipt.endedAt, signedAt);
  const detail = { ...launch, at: signedAt, tookMs, next: 'nothing', signed: envelope } as const;
  await publish([{ type: 'Receipt Signed', detail }]);
  logger.info('signed the receipt', { key: keyId });
  return { signed: true };
}
