import { claimText } from '../../domain/claim-text.ts';

/** EKS gives each cluster its own host name, so a host name without an address belongs to a deleted cluster. */
const recreated =
  'This host name no longer exists: the cluster was deleted, or created again with the same name. Remove it from airlock.yaml and deploy. If there is a ' +
  'new cluster with this name, add it back and deploy again';

/**
 * There was no usable answer: a network failure, a time-out, 5xx, 429 or an exhausted quota. A later request may
 * succeed.
 */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
  /** The pause that the API asks for, in milliseconds; 0 if it asks for none. */
  readonly retryAfterMs: number;
  /** Whether the API's host name has no address: the cluster is gone, or its name cannot be resolved from here. */
  readonly nameUnknown: boolean;

  constructor(message: string, retryAfterMs: number, options?: ErrorOptions) {
    const nameUnknown = causes(options?.cause).some((cause) => (cause as { code?: unknown }).code === 'ENOTFOUND');
    super(nameUnknown ? `${message}. ${recreated}` : message, options);
    this.retryAfterMs = retryAfterMs;
    this.nameUnknown = nameUnknown;
  }
}

/** 401 or 403: the API does not know Airlock's identity, or denies the request. */
export class Forbidden extends Error {
  override readonly name: string = 'Forbidden';
}

/** 403 by a ValidatingAdmissionPolicy. */
export class DeniedByPolicy extends Forbidden {
  override readonly name = 'DeniedByPolicy';
  readonly policy: string;

  constructor(message: string, policy: string) {
    super(message);
    this.policy = policy;
  }
}

/**
 * 409, or 422 for a failed `test` or a missing path: the object differs from what the patch expects, so it must be read
 * again.
 */
export class Conflict extends Error {
  override readonly name = 'Conflict';
}

/** 422 or 413 for a request that stays invalid however often the object is read. */
export class Rejected extends Error {
  override readonly name = 'Rejected';
}

/** 403 by a ResourceQuota. Other pods end soon and free it. */
export class QuotaExceeded extends Error {
  override readonly name = 'QuotaExceeded';
}

/** 404. */
export class NotFound extends Error {
  override readonly name = 'NotFound';
}

/** 410: the version to watch from is too old. The collection must be listed again. */
export class Expired extends Error {
  override readonly name = 'Expired';
}

/** An answer that a correct request never gets: a bug in Airlock. */
export class UnexpectedAnswer extends Error {
  override readonly name = 'UnexpectedAnswer';
}

/** An answer of the API. */
export interface ApiAnswer {
  readonly code: number;
  readonly body: string;
  /** By name, in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What can go wrong with a request. */
type Failure = Unreachable | Forbidden | Conflict | Rejected | QuotaExceeded | NotFound | Expired | UnexpectedAnswer;

const failures = [Unreachable, Forbidden, Conflict, Rejected, QuotaExceeded, NotFound, Expired, UnexpectedAnswer];

/**
 * Converts the error of a request without an answer into a class that a caller can branch on. It never contains the
 * token.
 */
export function failureOf(error: unknown): Failure {
  const known = failures.some((failure) => error instanceof failure);
  return known ? (error as Failure) : new Unreachable(reasonOf(error), 0, { cause: error });
}

/** Converts an unsuccessful answer into such a class, with the answer's own message. */
export function failureOfAnswer(answer: ApiAnswer): Failure {
  const { code, headers } = answer;
  const message = claimText(`HTTP ${code}: ${messageOf(answer)}`);
  const [, policy] = /ValidatingAdmissionPolicy '([^']+)' with binding '[^']+' denied request/.exec(message) ?? [];
  if (policy !== undefined && code === 403) return new DeniedByPolicy(message, policy);
  // There is room once other proof pods end. The status is unknown until the quota is first counted.
  if (code === 403 && /(exceeded|unknown for) quota: /.test(message)) return new QuotaExceeded(message);
  if (code === 401 || code === 403) return new Forbidden(message);
  if (code === 404) return new NotFound(message);
  if (code === 410) return new Expired(message);
  if (code === 413 || (code === 422 && isFinal(answer.body))) return new Rejected(message);
  if (code === 409 || code === 422) return new Conflict(message);
  if (code === 429 || code >= 500) return new Unreachable(message, retryAfterMs(headers['retry-after']));
  return new UnexpectedAnswer(message);
}

/** The new continue token if the old one has expired: HTTP 410 contains it. Undefined for every other answer. */
export function continuationOf({ code, body }: ApiAnswer): string | undefined {
  if (code !== 410) return undefined;
  try {
    const { metadata }: { metadata?: { continue?: unknown } } = JSON.parse(body);
    return typeof metadata?.continue === 'string' && metadata.continue !== '' ? metadata.continue : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether a 422 names fields that break a rule. A failed `test` of a patch names none. A duplicate value appeared in
 * the meantime, so the object must be read again.
 */
function isFinal(body: string): boolean {
  try {
    const { details }: { details?: { causes?: unknown } } = JSON.parse(body);
    const causes: readonly { reason?: unknown }[] = Array.isArray(details?.causes) ? details.causes : [];
    return causes.length > 0 && causes.every(({ reason }) => reason !== 'FieldValueDuplicate');
  } catch {
    return false;
  }
}

/** The reason of an error is often in its causes. */
function reasonOf(error: unknown): string {
  const reasons = causes(error).map(({ message }) => message);
  return claimText(reasons.length === 0 ? String(error) : reasons.join(': '));
}

function causes(error: unknown): readonly Error[] {
  const found: Error[] = [];
  for (let at = error; at instanceof Error && found.length < 4; at = at.cause) found.push(at);
  return found;
}

/** The message of the Status in the body. */
function messageOf({ code, body }: ApiAnswer): string {
  if (body === '') return code === 401 ? 'Unauthorized' : 'an empty answer';
  try {
    const { message }: { message?: unknown } = JSON.parse(body);
    if (typeof message === 'string') return message;
  } catch {
    // A proxy may answer in HTML.
  }
  return body.slice(0, 200);
}

function retryAfterMs(header: string | undefined): number {
  const seconds = Number(header ?? 0);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : 0;
}
