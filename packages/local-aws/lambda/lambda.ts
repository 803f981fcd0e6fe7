import { ahead } from '../clock.ts';
import { AwsError, type Principal } from '../gateway/service.ts';
import { Asynchronous } from './asynchronous.ts';
import { ExecutionEnvironment } from './environment.ts';
import type { EndedInvocation, FunctionSettings, Invoked } from './function.ts';
import type { Functions } from './functions.ts';
import type { LambdaHost } from './host.ts';
import type { LambdaFunction } from './lambda-function.ts';

/** Lambda's functions and their invocation. */
export class Lambda implements Functions {
  readonly functions = new Map<string, LambdaFunction>();
  /**
   * How many invocations the account allows at once, over all functions; a new account may begin with ten. Source:
   * Lambda quotas.
   */
  concurrency = 1000;
  /** The highest number of simultaneous invocations so far. */
  mostAtOnce = 0;
  readonly #lambdaHost: LambdaHost;
  readonly #asynchronous: Asynchronous;
  /** In the order of their ends. */
  readonly invocations: EndedInvocation[] = [];
  #running = 0;
  #count = 0;

  constructor(lambdaHost: LambdaHost) {
    this.#lambdaHost = lambdaHost;
    this.#asynchronous = new Asynchronous(lambdaHost, (target, payload) => this.run(target, payload));
  }

  create(settings: FunctionSettings): LambdaFunction {
    const made: LambdaFunction = {
      settings,
      clockAheadMs: 0,
      asynchronous: { maximumRetries: 2, maximumAgeSeconds: 21_600 },
      statements: [],
      environments: new Set(),
    };
    this.functions.set(settings.name, made);
    return made;
  }

  function(nameOrArn: string): LambdaFunction {
    const [name = '', qualifier] = nameOrArn.startsWith('arn:') ? nameOrArn.split(':').slice(6) : nameOrArn.split(':');
    const found = this.functions.get(name);
    if (found !== undefined && (qualifier === undefined || qualifier === '$LATEST')) return found;
    const { env } = this.#lambdaHost;
    const arn = nameOrArn.startsWith('arn:')
      ? nameOrArn
      : `arn:${env.partition}:lambda:${env.region}:${env.account}:function:${nameOrArn}`;
    throw new AwsError('ResourceNotFoundException', `Function not found: ${arn}`, 404, { Type: 'User' });
  }

  update(nameOrArn: string, change: Partial<FunctionSettings>): void {
    const target = this.function(nameOrArn);
    target.settings = { ...target.settings, ...change };
    for (const environment of [...target.environments]) if (!environment.busy) this.#end(target, environment);
  }

  remove(name: string): void {
    const target = this.functions.get(name);
    if (target === undefined) return;
    this.functions.delete(name);
    target.settings = { ...target.settings };
    for (const environment of [...target.environments]) if (!environment.busy) this.#end(target, environment);
  }

  /** The session of a function's role. */
  principal({ settings }: LambdaFunction): Principal {
    const role = this.#lambdaHost.iam.roleSession(settings.roleArn, 'lambda.amazonaws.com', settings.name);
    return { ...role, functionArn: settings.arn } as Principal;
  }

  async invoke(nameOrArn: string, payload: string, type: 'RequestResponse' | 'Event'): Promise<Invoked> {
    const target = this.function(nameOrArn);
    if (type === 'RequestResponse') return this.run(target, payload);
    const requestId = this.#lambdaHost.ids();
    this.#asynchronous.accept(target, payload, requestId);
    return { functionError: undefined, payload: '', requestId };
  }

  /** Runs one invocation in an idle or a new environment. */
  async run(target: LambdaFunction, payload: string): Promise<Invoked> {
    const { settings, environments } = target;
    const { reservedConcurrency } = settings;
    const reserved = reservedConcurrency !== undefined && busyIn(environments) >= reservedConcurrency;
    if (reserved || this.#running >= this.concurrency) {
      const Reason =
        reservedConcurrency === undefined
          ? 'ConcurrentInvocationLimitExceeded'
          : 'ReservedFunctionConcurrentInvocationLimitExceeded';
      throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429, { Reason, Type: 'User' });
    }
    const environment =
      idleIn(environments) ??
      new ExecutionEnvironment(settings, this.principal(target), this.#on(target), ++this.#count);
    environments.add(environment);
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#running);
    const at = this.#lambdaHost.clock.now();
    try {
      const invoked = await environment.invoke(payload);
      this.invocations.push({ functionName: settings.name, at, failed: invoked.functionError !== undefined });
      return invoked;
    } finally {
      this.#running--;
      if (environment.dead || target.settings !== settings) this.#end(target, environment);
    }
  }

  #end({ environments }: LambdaFunction, environment: ExecutionEnvironment): void {
    environment.kill({ reason: 'shutdown' });
    environments.delete(environment);
  }

  /** What a function's environments need from the cloud, on their hosts' clock. */
  #on({ clockAheadMs }: LambdaFunction): LambdaHost {
    return clockAheadMs === 0
      ? this.#lambdaHost
      : { ...this.#lambdaHost, clock: ahead(this.#lambdaHost.clock, clockAheadMs) };
  }

  stop(): void {
    for (const { environments } of this.functions.values()) {
      for (const environment of environments) environment.kill({ reason: 'shutdown' });
    }
  }
}

function busyIn(environments: ReadonlySet<ExecutionEnvironment>): number {
  return [...environments].filter((one) => one.busy).length;
}

function idleIn(environments: ReadonlySet<ExecutionEnvironment>): ExecutionEnvironment | undefined {
  for (const one of environments) if (!one.busy) return one;
  return undefined;
}
