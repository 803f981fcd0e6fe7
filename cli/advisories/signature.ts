import { createHash, type KeyObject } from 'node:crypto';
import type { Envelope } from '../../domain/attestation.ts';
import type { Catalogue } from '../../domain/catalogue.ts';
import type { Signature } from '../../domain/closing-report.ts';
import { launchTimeOf, type RunRecord } from '../../domain/ledger.ts';
import { checkReceipt } from '../receipt/check.ts';

/** What signatures are checked against. */
export interface SignatureChecks {
  /** None: signatures are not checked. */
  readonly keys: readonly KeyObject[];
  readonly catalogue: Catalogue;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Checks the signed receipt of a run like `airlock receipt verify`, and that it states what the ledger does. */
export function signatureOf(
  run: RunRecord,
  envelope: Envelope | undefined,
  { keys, catalogue, now }: SignatureChecks,
): Signature {
  if (envelope === undefined) return { state: 'absent', digest: '', detail: '' };
  const digest = createHash('sha256').update(Buffer.from(envelope.payload, 'base64')).digest('hex');
  if (keys.length === 0) return { state: 'unchecked', digest, detail: '' };
  const subject = { instanceId: run.instanceId, launchedAt: launchTimeOf(run) };
  const { checks, statement } = checkReceipt(JSON.stringify(envelope), { keys, catalogue, now, subject });
  const failed = checks.find(({ holds }) => !holds);
  if (failed !== undefined) return { state: 'wrong', digest, detail: `${failed.check}: ${failed.detail}` };
  const receipt = statement?.predicate.receipt;
  const isSame = receipt?.endedAt === run.endedAt && receipt?.installation?.version === provenIn(run);
  const detail = isSame ? '' : `it states ${receipt?.installation?.version ?? 'no version'} at ${receipt?.endedAt}`;
  return { state: isSame ? 'verified' : 'wrong', digest, detail };
}

function provenIn({ receipt, installation }: RunRecord): string | undefined {
  return receipt?.installation?.version ?? installation?.version;
}
