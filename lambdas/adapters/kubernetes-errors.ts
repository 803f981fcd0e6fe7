import { claimText } from '../../domain/claim-text.ts';

/** EKS gives each cluster its own address: one that no one knows is that of a cluster that was deleted. */
const madeAgain =
  'No one knows that address any more: the cluster was deleted, or made again under its name. Take it out of airlock.yaml and deploy; if there is a ' +
  'new one of the name, put it back and deploy again';

/** No usable answer came: a network failure, a time-out, 5xx, 429, or a quota that is used up. It may come later. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
  /** How long the API asks to be left alone, in milliseconds; 0 if it does not say. */
  readonly retryAfterMs: number;
  /** Whether no one knows the API's name: the cluster is gone, or its name is not to be seen from here. */
  readonly nameUnknown: boolean;

  constructor(message: string, retryAfterMs: number, options?: ErrorOptions) {
    const nameUnknown = causes(options?.cause).some((cause) => (cause as { code?: unknown }).code === 'ENOTFOUND');
    super(nameUnknown ? `${message}. ${madeAgain}` : message, options);
    this.retryAfterMs = retryAfterMs;
    this.nameUnknown = nameUnknown;
  }
}

/** 401 or 403: the API knows us not, or does not let us. */
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

/** 409, or 422 by a `test` that failed or a path that is not there: the object is not as the patch says it is, so another look is due. */
export class Conflict extends Error {
  override readonly name = 'Conflict';
}

/** 422 or 413 for what the API would find invalid in every other look as well: an answer that does not change. */
export class Rejected extends Error {
  override readonly name = 'Rejected';
}

/** 403 by a ResourceQuota: others are done soon. */
export class QuotaExceeded extends Error {
  override readonly name = 'QuotaExceeded';
}

/** 404. */
export class NotFound extends Error {
  override readonly name = 'NotFound';
}

/** 410: the version from which on something was to be watched is forgotten. The collection has to be listed again. */
export class Expired extends Error {
  override readonly name = 'Expired';
}

/** An answer that a correct request does not get: a fault of Airlock's own. */
export class UnexpectedAnswer extends Error {
  override readonly name = 'UnexpectedAnswer';
}

/** An answer of the API, as it came. */
export interface ApiAnswer {
  readonly code: number;
  readonly body: string;
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What can go wrong with a request. */
type Failure = Unreachable | Forbidden | Conflict | Rejected | QuotaExceeded | NotFound | Expired | UnexpectedAnswer;

const failures = [Unreachable, Forbidden, Conflict, Rejected, QuotaExceeded, NotFound, Expired, UnexpectedAnswer];

/** What went wrong with a request that has no answer, as a class that a caller can branch on; never with the token. */
export function failureOf(error: unknown): Failure {
  const known = failures.some((failure) => error instanceof failure);
  return known ? (error as Failure) : new Unreachable(reasonOf(error), 0, { cause: error });
}

/** The same for an answer that is no success; its own words are the message. */
export function failureOfAnswer(answer: ApiAnswer): Failure {
  const { code, headers } = answer;
  const message = claimText(`HTTP ${code}: ${messageOf(answer)}`);
  const [, policy] = /ValidatingAdmissionPolicy '([^']+)' with binding '[^']+' denied request/.exec(message) ?? [];
  if (policy !== undefined && code === 403) return new DeniedByPolicy(message, policy);
  // Other proof pods end, and then there is room. Until the quota is counted for the first time its status is unknown.
  if (code === 403 && /(exceeded|unknown for) quota: /.test(message)) return new QuotaExceeded(message);
  if (code === 401 || code === 403) return new Forbidden(message);
  if (code === 404) return new NotFound(message);
  if (code === 410) return new Expired(message);
  if (code === 413 || (code === 422 && isFinal(answer.body))) return new Rejected(message);
  if (code === 409 || code === 422) return new Conflict(message);
  if (code === 429 || code >= 500) return new Unreachable(message, retryAfterMs(headers['retry-after']));
  return new UnexpectedAnswer(message);
}

/** What a list whose `continue` was too old goes on with: HTTP 410 carries it. Undefined for every other answer. */
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
 * Whether a 422 names fields that break a rule. A patch whose `test` fails names none; what is there already came meanwhile, so that another look is due.
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

/** What happened often stands in the causes of an error. */
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
    // A proxy on the way answers in HTML.
  }
  return body.slice(0, 200);
}

function retryAfterMs(header: string | undefined): number {
  const seconds = Number(header ?? 0);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : 0;
}
