import { AwsError, type Faults, type ObservedCall } from '../../local-aws/aws.ts';
import type { Clock } from '../../local-aws/clock.ts';
import type { Simulation } from '../simulation/simulation.ts';

/** One call with its caller: a function's name, `way` for the state machine, `poller` for Lambda's own, or `aws`. */
export interface SeenCall extends ObservedCall {
  readonly caller: string;
}

/** The effect of a fault on a call. */
type Strike = AwsError | 'crash' | 'out-of-memory' | undefined;

/** Faults of calls: each is checked at each call, before it takes effect and after. */
export interface CallFault {
  before?(call: SeenCall): Strike | Promise<Strike>;
  after?(call: SeenCall): Strike | Promise<Strike>;
}

/** Calls that Lambda makes with a function's role: no function runs that could crash if they fail. */
const pollerCalls = ['ReceiveMessage', 'DeleteMessageBatch'];

/** The only place that checks every planted fault of a call. The first that applies decides. */
export class Calls implements Faults {
  readonly #planted: CallFault[] = [];
  readonly #clock: Clock;
  readonly #latencyMs: (() => number) | undefined;
  readonly #callers = new Map<string, string>();
  readonly #functions = new Set<string>();

  /** @param latencyMs how long each call of a function takes, there and back each, in milliseconds */
  constructor(world: Simulation, latencyMs?: () => number) {
    this.#clock = world.clock;
    this.#latencyMs = latencyMs;
    for (const { settings } of world.cloud.lambda.functions.values()) {
      const name = settings.environment['POWERTOOLS_SERVICE_NAME'];
      if (name === undefined) continue;
      this.#callers.set(settings.roleArn, name);
      this.#functions.add(name);
    }
    for (const { type, path, attributes } of world.cloud.resources) {
      const arn = attributes['Arn'];
      if (type === 'AWS::IAM::Role' && path?.includes('/Workflow/') && arn !== undefined)
        this.#callers.set(String(arn), 'way');
    }
  }

  plant(fault: CallFault): void {
    this.#planted.push(fault);
  }

  beforeCall(call: ObservedCall): Promise<Strike> {
    return this.#ask('before', call);
  }

  afterCall(call: ObservedCall): Promise<Strike> {
    return this.#ask('after', call);
  }

  async #ask(when: 'before' | 'after', call: ObservedCall): Promise<Strike> {
    const seen = { ...call, caller: this.#callerOf(call) };
    // Without it all concurrent work would run in one piece.
    if (this.#latencyMs !== undefined && this.#functions.has(seen.caller)) await this.#clock.sleep(this.#latencyMs());
    for (const fault of this.#planted) {
      const strike = await fault[when]?.(seen);
      if (strike !== undefined) return strike;
    }
    return undefined;
  }

  #callerOf({ principal, operation }: ObservedCall): string {
    if (principal.kind !== 'role') return 'aws';
    if (pollerCalls.includes(operation)) return 'poller';
    return this.#callers.get(principal.roleArn) ?? 'aws';
  }
}

/** Each service's error for too many calls. */
const throttles: Readonly<Record<string, readonly [string, number]>> = {
  dynamodb: ['ThrottlingException', 400],
  ec2: ['RequestLimitExceeded', 503],
  events: ['ThrottlingException', 400],
  lambda: ['TooManyRequestsException', 429],
  sqs: ['ThrottlingException', 400],
  ssm: ['ThrottlingException', 400],
  states: ['ThrottlingException', 400],
};

/** The error of a throttled call. */
export function throttled(service: string): AwsError {
  const [code, status] = throttles[service] ?? ['ThrottlingException', 400];
  return new AwsError(code, 'Rate exceeded', status);
}

/** Each service's internal error; most of them use InternalFailure. */
const breaks: Readonly<Record<string, string>> = {
  dynamodb: 'InternalServerError',
  lambda: 'ServiceException',
  ssm: 'InternalServerError',
};

/** The error of a service that failed internally. */
export function broken(service: string): AwsError {
  return new AwsError(breaks[service] ?? 'InternalFailure', 'planted', 500);
}
