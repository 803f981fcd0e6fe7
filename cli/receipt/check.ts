import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import * as v from 'valibot';
import {
  type Envelope,
  EnvelopeSchema,
  preAuthEncoding,
  type Sha256,
  type Statement,
  StatementSchema,
  type Subject,
  subjectOf,
} from '../../domain/attestation.ts';
import { type Catalogue, versionOf } from '../../domain/catalogue.ts';
import { endingOf } from '../../domain/outcomes.ts';

/** What is checked about a receipt, in order. A check that cannot be made because an earlier one failed is left out. */
export const receiptChecks = ['envelope', 'signature', 'statement', 'outcome', 'subject', 'version', 'age'] as const;

/** The answer of one check. */
export interface ReceiptCheck {
  readonly check: (typeof receiptChecks)[number];
  readonly holds: boolean;
  /** What was seen. */
  readonly detail: string;
}

/** What a receipt is checked against. */
export interface Expectations {
  readonly keys: readonly KeyObject[];
  readonly catalogue: Catalogue;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Whether a receipt passes that reports anything but a released node. */
  readonly anyOutcome?: boolean | undefined;
  /** The longest time since the end of the run, in milliseconds; any by default. */
  readonly maxAgeMs?: number | undefined;
  /** What the receipt must be about; by default anything. A field that is absent is not compared. */
  readonly subject?: Partial<Subject> | undefined;
}

/** What `airlock receipt verify --json` prints. */
export const CheckedReceiptSchema = v.object({
  checks: v.array(v.object({ check: v.picklist(receiptChecks), holds: v.boolean(), detail: v.string() })),
  /** The statement, if its signature holds. */
  statement: v.optional(v.looseObject({ predicateType: v.string() })),
});

const sha256: Sha256 = (data) => createHash('sha256').update(data).digest('hex');

/**
 * Reads public keys, one or more PEM blocks.
 *
 * @throws Error if the text has none, or one that cannot be read
 */
export function readKeys(pem: string): readonly KeyObject[] {
  const blocks = pem.match(/-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/g) ?? [];
  if (blocks.length === 0) throw new Error('there is no public key; accepted: PEM, as the output ReceiptKey has it');
  return blocks.map((block) => createPublicKey(block));
}

/**
 * Checks a signed receipt, without any access to AWS or a cluster. It shows that Airlock saw what the receipt states,
 * and that nothing was changed since.
 *
 * @param text the envelope, as JSON
 * @returns the checks, and the statement if the signature holds
 */
export function checkReceipt(
  text: string,
  expected: Expectations,
): { readonly checks: readonly ReceiptCheck[]; readonly statement?: Statement } {
  const envelope = parseJson(EnvelopeSchema, text);
  if (typeof envelope === 'string') return { checks: [{ check: 'envelope', holds: false, detail: envelope }] };
  const signed: ReceiptCheck[] = [
    { check: 'envelope', holds: true, detail: envelope.payloadType },
    checkSignature(envelope, expected.keys),
  ];
  if (!signed.every(({ holds }) => holds)) return { checks: signed };
  const statement = parseJson(StatementSchema, Buffer.from(envelope.payload, 'base64').toString('utf8'));
  if (typeof statement === 'string') {
    return { checks: [...signed, { check: 'statement', holds: false, detail: statement }] };
  }
  return {
    statement,
    checks: [
      ...signed,
      { check: 'statement', holds: true, detail: `run ${statement.predicate.run} of its launch` },
      checkOutcome(statement, expected),
      checkSubject(statement, expected.subject ?? {}),
      checkVersion(statement, expected.catalogue),
      checkAge(statement, expected),
    ],
  };
}

function checkSignature({ payload, signatures }: Envelope, keys: readonly KeyObject[]): ReceiptCheck {
  const known = new Map(keys.map((key) => [sha256(key.export({ type: 'spki', format: 'der' })), key]));
  const message = preAuthEncoding(Buffer.from(payload, 'base64'));
  const by = signatures.find(({ keyid, sig }) => {
    const key = known.get(keyid);
    return key !== undefined && verify('sha256', message, key, Buffer.from(sig, 'base64'));
  });
  if (by !== undefined) return { check: 'signature', holds: true, detail: `by the key ${by.keyid}` };
  const named = signatures.map(({ keyid }) => keyid);
  const detail = named.some((keyid) => known.has(keyid))
    ? 'the signature does not fit the receipt: one of them was changed'
    : `it is by the key ${named.join(', ')}, and the given keys are ${[...known.keys()].join(', ')}`;
  return { check: 'signature', holds: false, detail };
}

function checkOutcome({ predicate: { receipt } }: Statement, { anyOutcome = false }: Expectations): ReceiptCheck {
  const { outcome, endedAt } = receipt;
  return { check: 'outcome', holds: anyOutcome || endingOf(outcome) === 'done', detail: `${outcome} at ${endedAt}` };
}

function checkSubject({ subject, predicate: { receipt, run } }: Statement, wanted: Partial<Subject>): ReceiptCheck {
  const own = subjectOf(receipt, run, sha256);
  const digests = subject.map(({ digest }) => digest.sha256);
  if (!digests.includes(own.digest.sha256)) {
    return { check: 'subject', holds: false, detail: 'the subject and the receipt are about different launches' };
  }
  const differing = (['instanceId', 'launchedAt', 'nodeUid'] as const).filter(
    (field) => wanted[field] !== undefined && wanted[field] !== receipt[field],
  );
  const seen = differing.map((field) => `${field} is ${receipt[field] ?? 'absent'}, not ${wanted[field]}`);
  return { check: 'subject', holds: differing.length === 0, detail: seen.join('; ') || own.name };
}

function checkVersion({ predicate: { receipt } }: Statement, catalogue: Catalogue): ReceiptCheck {
  const { installation } = receipt;
  if (installation === undefined) return { check: 'version', holds: true, detail: 'nothing was proven on the node' };
  const { runtime, version, sha256: sum, host } = installation;
  const { artifacts = {} } = versionOf(catalogue, runtime, version) ?? {};
  const pinned = Object.entries(artifacts).find(([arch]) => arch === host.arch)?.[1]?.sha256;
  const name = `${runtime}@${version} for ${host.arch}`;
  if (pinned === undefined) return { check: 'version', holds: false, detail: `the catalogue does not pin ${name}` };
  const holds = pinned === sum;
  const detail = holds ? `${name} with the pinned checksum` : `${name} has the checksum ${sum}; pinned is ${pinned}`;
  return { check: 'version', holds, detail };
}

function checkAge({ predicate: { receipt } }: Statement, { now, maxAgeMs = Infinity }: Expectations): ReceiptCheck {
  const age = now - Date.parse(receipt.endedAt);
  // Clocks differ a little.
  const holds = age <= maxAgeMs && age > -300_000;
  return { check: 'age', holds, detail: `its run ended at ${receipt.endedAt}` };
}

/** Parses JSON of a form. @returns the value, or a sentence that states what is wrong */
function parseJson<S extends v.GenericSchema>(schema: S, text: string): v.InferOutput<S> | string {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), text);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  return `${v.getDotPath(issue) ?? 'the text'}: ${issue.message}`;
}
