/**
 * The building blocks of every service in the local cloud. A service is a table of operations. The gateway finds the
 * operation, checks the request against the SDK's own schema, asks IAM for every authorization that the operation
 * requires, and then runs it.
 */

/** A caller: a role's session, or a service on its own behalf (resource policies decide for it). */
export type Principal =
  | {
      readonly kind: 'role';
      readonly roleArn: string;
      readonly sessionName: string;
      /** The function whose code calls; absent if Lambda itself calls with the role. */
      readonly functionArn?: string;
    }
  | { readonly kind: 'service'; readonly service: string; readonly sourceArn: string };

/** Keys and values of an IAM request context, keys in any case; a missing key is absent, never empty. */
export type IamContext = Readonly<Record<string, string | readonly string[]>>;

/** One right that a call needs: an action on a resource, with the context for conditions. */
export interface Authorization {
  /** For instance `ssm:SendCommand`. */
  readonly action: string;
  /** The ARN, or `*` if the action has no resource. */
  readonly resource: string;
  readonly context?: IamContext;
  /** The resource's own policy, if it has one: a queue's, a function's, a log group's. */
  readonly resourcePolicy?: unknown;
  /**
   * Whether nothing is allowed that the resource's policy does not allow, as with keys: identity policies count only
   * for actions that it leaves to the account.
   */
  readonly governedByResource?: boolean;
}

/** What an operation knows about the call. */
export interface Call {
  readonly principal: Principal;
  /** Milliseconds since the epoch, on the cloud's clock. */
  readonly now: number;
}

/** One operation of a service, with inputs and outputs in the format of the SDK's commands. */
export interface Operation {
  /** All the rights that the call needs. */
  authorize(input: never, call: Call): readonly Authorization[];
  /** Runs the operation. Throws {@link AwsError}. */
  run(input: never, call: Call): unknown;
}

/** One AWS service. */
export interface Service {
  /** The signing name, for instance `ssm`; the prefix of names in a run's count of calls. */
  readonly name: string;
  readonly operations: Readonly<Record<string, Operation>>;
}

/** Types an operation where it is defined, and returns it with the table's general type. */
export function operation<Input, Output>(
  authorize: (input: Input, call: Call) => readonly Authorization[],
  run: (input: Input, call: Call) => Output | Promise<Output>,
): Operation {
  return { authorize, run };
}

/** A service's error, with AWS's code and message. */
export class AwsError extends Error {
  override readonly name = 'AwsError';
  readonly code: string;
  readonly status: number;
  /** Members of the error's shape besides its message. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, status = 400, members: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.code = code;
    this.status = status;
    this.members = members;
  }
}

/**
 * Calls an operation inside the local cloud. The request is checked against the SDK's schema, IAM decides, the call is
 * counted and may meet a planted fault, exactly like a request over the wire.
 */
export interface Aws {
  call(principal: Principal, service: string, operation: string, input: unknown): Promise<unknown>;
}

/** Account, region and partition of the local cloud. */
export interface Environment {
  readonly account: string;
  readonly region: string;
  readonly partition: string;
}

/** The account, region and partition of every local cloud. */
export const here: Environment = { account: '123456789012', region: 'eu-central-1', partition: 'aws' };
