/**
 * Receipts that others can check: each is a statement of in-toto in an envelope of DSSE.
 * Sources: https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md and
 * https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
 */
import * as v from 'valibot';
import { claim } from './claim-text.ts';
import { type Receipt, ReceiptSchema } from './receipt.ts';

/** Condenses text or bytes with SHA-256, into hexadecimal digits in lower case. */
export type Sha256 = (data: string | Uint8Array) => string;

/** What the payload of an envelope is. Source: in-toto, "Envelope". */
export const payloadType = 'application/vnd.in-toto+json';

/** What a receipt's predicate is. The number is the version of the receipt's schema. */
export const predicateType = 'https://airlock.dev/receipt/v2';

const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const base64 = v.pipe(v.string(), v.regex(/^[A-Za-z0-9+/]+={0,2}$/));

/** A receipt as a statement about one instance in one launch, and the Node it became. */
export const StatementSchema = v.object({
  _type: v.literal('https://in-toto.io/Statement/v1'),
  subject: v.pipe(v.array(v.object({ name: claim(300), digest: v.object({ sha256 }) })), v.length(1)),
  predicateType: v.literal(predicateType),
  predicate: v.object({
    receipt: ReceiptSchema,
    /** The number of the run in its launch; 0 is the first. */
    run: v.pipe(v.number(), v.integer(), v.minValue(0)),
    /** The execution that wrote the end, by its ARN. */
    endedBy: claim(500),
    /** When the receipt was read from the ledger and signed. */
    signedAt: claim(40),
  }),
});

/** A receipt as a statement. */
export type Statement = v.InferOutput<typeof StatementSchema>;

/** A signed payload. */
export const EnvelopeSchema = v.object({
  payloadType: v.literal(payloadType),
  payload: base64,
  signatures: v.pipe(
    v.array(
      v.object({ /** The SHA-256 of the public key's SubjectPublicKeyInfo in DER. */ keyid: sha256, sig: base64 }),
    ),
    v.minLength(1),
    v.maxLength(8),
  ),
});

/** A signed payload. */
export type Envelope = v.InferOutput<typeof EnvelopeSchema>;

/** What a receipt is about: one instance in one launch, and the Node it became if it became one. */
export type Subject = Pick<Receipt, 'instanceId' | 'launchedAt' | 'nodeUid'>;

/**
 * How long after its end a run's receipt may still be signed, in milliseconds: longer than the workflow retries, and
 * too short to renew an old one.
 */
export const signableMs = 3_600_000;

/**
 * Names a receipt's subject and condenses it. Two receipts have the same digest only if they are about the same
 * instance, launch, run and Node.
 */
export function subjectOf(
  { instanceId, launchedAt, nodeUid = '' }: Subject,
  run: number,
  sha256: Sha256,
): Statement['subject'][number] {
  const about = JSON.stringify([instanceId, launchedAt, run, nodeUid]);
  return { name: `${instanceId} launched ${launchedAt}`, digest: { sha256: sha256(about) } };
}

/** The end of a run, as it is signed. */
export interface SignedEnd {
  readonly receipt: Receipt;
  /** The number of the run in its launch; 0 is the first. */
  readonly run: number;
  /** The execution that wrote the end. */
  readonly endedBy: string;
  /** ISO 8601. */
  readonly signedAt: string;
}

/** Makes the statement that is signed. */
export function statementOf(end: SignedEnd, sha256: Sha256): Statement {
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [subjectOf(end.receipt, end.run, sha256)],
    predicateType,
    predicate: end,
  };
}

/** Encodes what is signed, so that type and payload cannot be moved against each other. Source: DSSE, "PAE". */
export function preAuthEncoding(payload: Uint8Array): Uint8Array {
  const head = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.length} `;
  return Buffer.concat([Buffer.from(head), payload]);
}

/** Puts a payload and its signature into an envelope. */
export function envelopeOf(payload: Uint8Array, keyid: string, signature: Uint8Array): Envelope {
  return {
    payloadType,
    payload: Buffer.from(payload).toString('base64'),
    signatures: [{ keyid, sig: Buffer.from(signature).toString('base64') }],
  };
}
