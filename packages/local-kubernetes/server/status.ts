/** The body of every Kubernetes API answer that is not an object. */
export interface Status {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: { readonly continue?: string };
  readonly status: 'Failure' | 'Success';
  readonly message?: string;
  readonly reason?: string;
  readonly details?: {
    readonly name?: string;
    readonly group?: string;
    readonly kind?: string;
    readonly causes?: readonly { readonly reason: string; readonly message: string; readonly field: string }[];
  };
  readonly code?: number;
}

/** An error with the API's message; the server turns it into a {@link Status}. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: number;
  readonly reason: string;
  readonly details: Status['details'];
  /** Seconds for the header Retry-After. */
  readonly retryAfter: number | undefined;
  /** The continuation for a list whose own continuation is too old. */
  readonly continuation: string | undefined;

  constructor(
    code: number,
    reason: string,
    message: string,
    details?: Status['details'],
    retryAfter?: number,
    continuation?: string,
  ) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
    this.retryAfter = retryAfter;
    this.continuation = continuation;
  }

  /** The body that a client receives. */
  status(): Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: this.continuation === undefined ? {} : { continue: this.continuation },
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    };
  }
}

/** 404 for one object: `nodes "x" not found`. */
export function notFound(resource: string, group: string, name: string): ApiError {
  return new ApiError(
    404,
    'NotFound',
    `${qualified(resource, group)} "${name}" not found`,
    details(resource, group, name),
  );
}

/** 409 for a name that is taken. */
export function alreadyExists(resource: string, group: string, name: string): ApiError {
  const message = `${qualified(resource, group)} "${name}" already exists`;
  return new ApiError(409, 'AlreadyExists', message, details(resource, group, name));
}

/** 409 for a write based on an older state. */
export function conflict(resource: string, group: string, name: string, why: string): ApiError {
  const message = `Operation cannot be fulfilled on ${qualified(resource, group)} "${name}": ${why}`;
  return new ApiError(409, 'Conflict', message, details(resource, group, name));
}

/** 403 with the reason from RBAC or an admission plugin. */
export function forbidden(resource: string, group: string, name: string | undefined, why: string): ApiError {
  const what = name === undefined ? qualified(resource, group) : `${qualified(resource, group)} "${name}"`;
  return new ApiError(403, 'Forbidden', `${what} is forbidden: ${why}`, details(resource, group, name));
}

/** 422 for an object that violates its kind's rules. */
export function invalid(kind: string, group: string, name: string, problems: readonly string[]): ApiError {
  const list = problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`;
  const message = `${qualified(kind, group)} "${name}" is invalid: ${list}`;
  return new ApiError(422, 'Invalid', message, { ...details(kind, group, name), causes: problems.map(causeOf) });
}

/** A cause's reason, by the beginning of its message (`field.Error` in apimachinery). */
const reasons: Readonly<Record<string, string>> = {
  'Duplicate value': 'FieldValueDuplicate',
  Forbidden: 'FieldValueForbidden',
  'Invalid value': 'FieldValueInvalid',
  'Required value': 'FieldValueRequired',
  'Too long': 'FieldValueTooLong',
  'Unsupported value': 'FieldValueNotSupported',
};

/** One problem, `field: message`, as a cause of the Status. */
function causeOf(problem: string) {
  const [, field = '', message = problem] = /^(\S+): (.*)$/s.exec(problem) ?? [];
  const begin = Object.keys(reasons).find((one) => message.startsWith(one));
  return { reason: reasons[begin ?? ''] ?? 'FieldValueInvalid', message, field };
}

function qualified(resource: string, group: string): string {
  return group === '' ? resource : `${resource}.${group}`;
}

function details(kind: string, group: string, name: string | undefined): Status['details'] {
  return { ...(name === undefined ? {} : { name }), ...(group === '' ? {} : { group }), kind };
}
