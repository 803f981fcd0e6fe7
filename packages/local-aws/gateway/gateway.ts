import type { Clock } from '../clock.ts';
import type { Identities } from '../iam/identities.ts';
import { check, type SchemaViolation } from './check.ts';
import { withModelledStatus } from './modelled-error.ts';
import type { AnsweredCall, Faults, JournalEntry, ObservedCall } from './observed.ts';
import { codecOf } from './protocols/protocol.ts';
import { refuseAccess, refuseViolation } from './refusals.ts';
import { loadSdk, type Model, type Sdk } from './sdk.ts';
import { type Aws, AwsError, type Operation, type Principal, type Service } from './service.ts';
import type { WireRequest, WireResponse } from './wire.ts';

/** Thrown to the caller's transport if a planted fault kills the calling function. No answer is sent. */
export class CallerCrashed extends Error {
  override readonly name = 'CallerCrashed';
  readonly reason: 'crash' | 'memory';

  constructor(reason: 'crash' | 'memory') {
    super('a planted fault killed the caller');
    this.reason = reason;
  }
}

/** A registered service with its SDK model. */
export interface Registered {
  readonly service: Service;
  readonly sdk: Sdk;
}

/** The only path into every service: schema, IAM, planted faults, count, then the operation itself. */
export class Gateway implements Aws {
  /**
   * How often each operation was called: every call that passed the schema and IAM, including those with a planted
   * fault.
   */
  readonly calls = new Map<string, number>();
  /** Every call in order of arrival, with its error code. */
  readonly journal: JournalEntry[] = [];
  faults: Faults;
  /** Called with every answer of every gateway in this process. */
  static readonly observers = new Set<(call: AnsweredCall) => void>();
  readonly #clock: Clock;
  readonly #iam: Pick<Identities, 'deny' | 'expiryOf' | 'principalOf'>;
  readonly #services = new Map<string, Registered>();
  #requests = 0;

  constructor(clock: Clock, iam: Pick<Identities, 'deny' | 'expiryOf' | 'principalOf'>, faults: Faults = {}) {
    this.#clock = clock;
    this.#iam = iam;
    this.faults = faults;
  }

  /**
   * Adds a service.
   *
   * @throws Error for a second service of the same name, or an operation that the SDK lacks
   */
  async register(service: Service): Promise<void> {
    if (this.#services.has(service.name)) throw new Error(`the service "${service.name}" is registered twice`);
    const sdk = await loadSdk(service.name);
    for (const name of Object.keys(service.operations)) {
      if (!sdk.operations.has(name)) throw new Error(`the SDK's client for ${service.name} has no operation "${name}"`);
    }
    this.#services.set(service.name, { service, sdk });
  }

  /** The service with a signing name, if the cloud has it. */
  registered(service: string): Registered | undefined {
    return this.#services.get(service);
  }

  /**
   * Calls an operation from inside the cloud.
   *
   * @throws AwsError like the service or IAM; {@link CallerCrashed} if a planted fault kills the caller
   */
  async call(principal: Principal, service: string, operation: string, input: unknown): Promise<unknown> {
    return this.#serve({ principal, service, operation, input: input ?? {} }, undefined);
  }

  /**
   * Answers a request received over the wire. The request's signature scope selects the service, and the access key id
   * the caller; the signature itself is not verified.
   *
   * @throws CallerCrashed if a planted fault kills the caller, who then receives nothing
   */
  async handle(request: WireRequest): Promise<WireResponse> {
    const [accessKeyId = '', , , service = ''] = credentialScope(request);
    const registered = this.#services.get(service);
    const requestId = `00000000-0000-4000-9000-${(++this.#requests).toString(16).padStart(12, '0')}`;
    if (registered === undefined) {
      const message = `the local cloud has no service "${service}" (${request.method} ${request.host}${request.path})`;
      return { status: 501, headers: {}, body: Buffer.from(JSON.stringify({ __type: 'UnknownService', message })) };
    }
    const { sdk } = registered;
    const codec = codecOf(sdk, request);
    try {
      const decoded = codec.decode(sdk, request);
      const model = sdk.operations.get(decoded?.operation ?? '');
      if (decoded === undefined || model === undefined) {
        throw new AwsError(
          'UnknownOperationException',
          `${request.method} ${request.path} is no operation of ${service}`,
          404,
        );
      }
      const principal = this.#iam.principalOf(accessKeyId);
      if (principal === undefined) throw unknownCaller(service);
      if ((this.#iam.expiryOf(accessKeyId) ?? Infinity) <= this.#clock.now()) throw expiredCaller(service);
      const { operation, input, violation } = decoded;
      const output = await this.#serve({ principal, service, operation, input }, violation);
      return codec.encode(sdk, model, output, requestId);
    } catch (error) {
      if (error instanceof AwsError) return codec.encodeError(sdk, request, error, requestId);
      throw error;
    }
  }

  #serve(call: ObservedCall, misread: SchemaViolation | undefined): Promise<unknown> {
    const { registered, model, run } = this.#find(call.service, call.operation);
    const violation = misread ?? check(model.input, call.input, { form: 'command', required: true });
    return this.#go(registered, run, model, call, violation);
  }

  #find(service: string, operation: string): { registered: Registered; model: Model; run: Operation } {
    const registered = this.#services.get(service);
    if (registered === undefined)
      throw new AwsError('UnknownService', `the local cloud has no service "${service}"`, 501);
    const model = registered.sdk.operations.get(operation);
    const run = registered.service.operations[operation];
    if (model === undefined || run === undefined) {
      throw new AwsError('UnknownOperationException', `the local cloud does not know ${service}:${operation}`, 501);
    }
    return { registered, model, run };
  }

  async #go(
    { service, sdk }: Registered,
    operation: Operation,
    model: Model,
    call: ObservedCall,
    violation: SchemaViolation | undefined,
  ): Promise<unknown> {
    const entry: { -readonly [K in keyof JournalEntry]: JournalEntry[K] } = { at: this.#clock.now(), ...call };
    this.journal.push(entry);
    try {
      if (violation !== undefined) throw refuseViolation(sdk.service, model.name, violation);
      const output = await this.#perform(service, operation, model, call);
      for (const observe of Gateway.observers) observe({ ...call, output });
      return output;
    } catch (thrown) {
      const error = thrown instanceof AwsError ? withModelledStatus(sdk, thrown) : thrown;
      if (error instanceof AwsError) for (const observe of Gateway.observers) observe({ ...call, error });
      entry.error = error instanceof AwsError ? error.code : error instanceof Error ? error.name : String(error);
      throw error;
    }
  }

  async #perform(service: Service, operation: Operation, model: Model, call: ObservedCall): Promise<unknown> {
    const context = { principal: call.principal, now: this.#clock.now() };
    const input = call.input as never;
    for (const authorization of operation.authorize(input, context)) {
      const denial = this.#iam.deny(call.principal, authorization);
      if (denial !== undefined) throw refuseAccess(service.name, denial);
    }
    const name = `${call.service}:${call.operation}`;
    this.calls.set(name, (this.calls.get(name) ?? 0) + 1);
    obey(await this.faults.beforeCall?.(call));
    const output = (await operation.run(input, context)) ?? {};
    const violation = check(model.output, model.output.isUnitSchema() ? {} : output, {
      form: 'command',
      required: false,
    });
    if (violation !== undefined)
      throw new Error(`the local cloud's own answer to ${name} is wrong: ${violation.message}`);
    obey(await this.faults.afterCall?.({ ...call, output }));
    return output;
  }
}

function obey(fault: Awaited<ReturnType<NonNullable<Faults['beforeCall']>>>): void {
  if (fault === 'crash') throw new CallerCrashed('crash');
  if (fault === 'out-of-memory') throw new CallerCrashed('memory');
  if (fault !== undefined) throw fault;
}

/** Access key id, date, region and service, from the header or a pre-signed URL. */
function credentialScope({ headers, query }: WireRequest): readonly string[] {
  const inHeader = /Credential=([^,\s]+)/.exec(headers['authorization'] ?? '')?.[1];
  return String(inHeader ?? query['X-Amz-Credential'] ?? '').split('/');
}

function expiredCaller(service: string): AwsError {
  if (service === 's3') return new AwsError('ExpiredToken', 'The provided token has expired.', 400);
  return new AwsError('ExpiredTokenException', 'The security token included in the request is expired', 403);
}

function unknownCaller(service: string): AwsError {
  if (service === 's3')
    return new AwsError('InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.', 403);
  const message = 'The security token included in the request is invalid.';
  if (service === 'ec2')
    return new AwsError('AuthFailure', 'AWS was not able to validate the provided access credentials', 401);
  return new AwsError(
    service === 'sqs' || service === 'sts' ? 'InvalidClientTokenId' : 'UnrecognizedClientException',
    message,
    403,
  );
}
