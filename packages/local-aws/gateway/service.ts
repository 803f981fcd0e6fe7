/**
 * What every service of the local cloud is made of. A service is a table of operations; the gateway finds the operation, checks
 * the request against the SDK's own schema, asks IAM for every authorization that the operation names, and then runs it.
 */

/** Who calls: a role's session, or a service on its own behalf (resource policies decide for it). */
export type Principal =
  | {
      readonly kind: 'role';
      readonly roleArn: string;
      readonly sessionName: string;
      /** The function whose code calls; absent if Lambda itself does with the role. */
      readonly functionArn?: string;
    }
  | { readonly kind: 'service'; readonly service: string; readonly sourceArn: string };

/** Keys and values of an IAM request context, keys in any case; a missing key is absent, never empty. */
export type IamContext = Readonly<Record<string, string | readonly string[]>>;

/** One right that a call needs: an action on a resource, with the context that conditions are held against. */
export interface Authorization {
  /** For instance `ssm:SendCommand`. */
  readonly action: string;
  /** The ARN, or `*` where the action has no resource. */
  readonly resource: string;
  readonly context?: IamContext;
  /** The resource's own policy, if it has one: a queue's, a function's, a log group's. */
  readonly resourcePolicy?: unknown;
}

/** What an operation knows of the call. */
export interface Call {
  readonly principal: Principal;
  /** Milliseconds since the epoch, on the cloud's clock. */
  readonly now: number;
}

/** One operation of a service, on inputs and outputs in the form of the SDK's own commands. */
export interface Operation {
  /** The rights that the call needs, all of them. */
  authorize(input: never, call: Call): readonly Authorization[];
  /** Does it. Throws {@link AwsError}. */
  run(input: never, call: Call): unknown;
}

/** One AWS service. */
export interface Service {
  /** The signing name, for instance `ssm`; the prefix of the names in the run's count of calls. */
  readonly name: string;
  readonly operations: Readonly<Record<string, Operation>>;
}

/** Gives an operation its types if it is written down, and the table's general type if it is stored. */
export function operation<Input, Output>(
  authorize: (input: Input, call: Call) => readonly Authorization[],
  run: (input: Input, call: Call) => Output | Promise<Output>,
): Operation {
  return { authorize, run };
}

/** An error as a service answers it, with the code and the words that AWS uses. */
export class AwsError extends Error {
  override readonly name = 'AwsError';
  readonly code: string;
  readonly status: number;
  /** Members of the error's shape beside its message. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, status = 400, members: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.code = code;
    this.status = status;
    this.members = members;
  }
}

/**
 * The way to call an operation inside the local cloud: the request is checked against the SDK's schema, IAM decides, the call is counted
 * and may be hit by a planted fault, exactly as for a request that came over the wire.
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

/** Where the local cloud says it is. */
export const here: Environment = { account: '123456789012', region: 'eu-central-1', partition: 'aws' };
