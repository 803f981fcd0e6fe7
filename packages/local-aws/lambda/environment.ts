import { createHash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { CallerCrashed } from '../gateway/gateway.ts';
import type { Principal } from '../gateway/service.ts';
import type { WireRequest, WireResponse } from '../gateway/wire.ts';
import { environmentVariables } from './environment-variables.ts';
import { type Death, type FailurePayload, failureOf, failureOfDeath } from './failure.ts';
import type { FunctionSettings, Invoked } from './function.ts';
import type { Host, LambdaHost } from './host.ts';
import { Sandbox } from './sandbox.ts';

interface Running {
  readonly requestId: string;
  readonly started: number;
  readonly deadline: number;
  finish(failure: FailurePayload | undefined, payload: string): void;
}

/**
 * One execution environment: it runs one invocation at a time, keeps module state in between, and is frozen while idle.
 * Once it is dead, nothing that its code still does takes effect.
 */
export class ExecutionEnvironment implements Host {
  readonly clock: Clock;
  readonly #settings: FunctionSettings;
  readonly #lambdaHost: LambdaHost;
  readonly #principal: Principal;
  readonly #stream: string;
  readonly #deaths = new Set<() => void>();
  readonly #sandbox: Sandbox;
  #thaw: (() => void)[] = [];
  #running: Running | undefined;
  #streamMade = false;
  #dead = false;

  constructor(settings: FunctionSettings, principal: Principal, lambdaHost: LambdaHost, number: number) {
    this.clock = lambdaHost.clock;
    this.#settings = settings;
    this.#lambdaHost = lambdaHost;
    this.#principal = principal;
    const day = new Date(this.clock.now()).toISOString().slice(0, 10).replaceAll('-', '/');
    const id = createHash('md5').update(`${settings.arn}/${number}`).digest('hex');
    this.#stream = `${day}/[$LATEST]${id}`;
    const variables = environmentVariables(settings, lambdaHost.env, lambdaHost.iam.issue(principal), this.#stream);
    this.#sandbox = new Sandbox(this, settings, variables, () => this.#running?.requestId ?? '');
  }

  get busy(): boolean {
    return this.#running !== undefined;
  }

  get dead(): boolean {
    return this.#dead;
  }

  get alive(): boolean {
    return !this.#dead;
  }

  /** Runs one invocation. It never throws because of the function. */
  invoke(payload: string): Promise<Invoked> {
    const requestId = this.#lambdaHost.ids();
    const started = this.clock.now();
    const { timeoutSeconds } = this.#settings;
    const deadline = started + timeoutSeconds * 1000;
    return new Promise((resolve) => {
      const timer = this.clock.after(timeoutSeconds * 1000, () =>
        this.kill({ reason: 'timeout', seconds: timeoutSeconds }),
      );
      const finish = (failure: FailurePayload | undefined, answer: string) => {
        if (this.#running?.requestId !== requestId) return;
        timer.cancel();
        this.#report(failure);
        this.#running = undefined;
        const functionError = failure === undefined ? undefined : 'Unhandled';
        resolve({ functionError, payload: failure === undefined ? answer : JSON.stringify(failure), requestId });
      };
      this.#running = { requestId, started, deadline, finish };
      this.#platform('START', `Version: $LATEST`);
      for (const thaw of this.#thaw.splice(0)) thaw();
      void this.#run(payload, this.#running);
    });
  }

  async #run(payload: string, { requestId, deadline, finish }: Running): Promise<void> {
    try {
      const answer = await this.#sandbox.handle(payload, { requestId, deadline, logStream: this.#stream });
      finish(undefined, answer);
    } catch (error) {
      if (this.#dead) return;
      const failure = failureOf(error);
      this.#logError('Invoke Error', failure);
      finish(failure, '');
      if (!this.#sandbox.initialized) this.kill({ reason: 'shutdown' });
    }
  }

  /** Ends the environment at once. */
  kill(death: Death): void {
    if (this.#dead) return;
    this.#dead = true;
    this.#thaw = [];
    for (const end of [...this.#deaths]) end();
    const running = this.#running;
    if (running === undefined) return;
    const failure = failureOfDeath(death, running.requestId);
    if (death.reason === 'timeout') {
      const at = new Date(this.clock.now()).toISOString();
      this.#write(`${at} ${running.requestId} Task timed out after ${death.seconds.toFixed(2)} seconds\n`);
    } else {
      this.#logError(death.reason === 'uncaught' ? 'Uncaught Exception' : 'Runtime exited', failure);
    }
    running.finish(failure, '');
  }

  thawed(): Promise<void> {
    if (this.#dead) return new Promise(() => {});
    if (this.busy) return Promise.resolve();
    return new Promise((resolve) => this.#thaw.push(resolve));
  }

  hold(): () => void {
    if (this.#dead) return () => {};
    const release = this.clock.hold();
    const forget = this.onDeath(release);
    return () => {
      forget();
      release();
    };
  }

  onDeath(end: () => void): () => void {
    this.#deaths.add(end);
    return () => void this.#deaths.delete(end);
  }

  reaches(host: string, port: number): boolean {
    const address = `${host === 'localhost' ? '127.0.0.1' : host}:${port}`;
    return this.#lambdaHost.networks.reaches(this.#settings.placement, address);
  }

  serves(host: string): boolean {
    return this.#lambdaHost.serves(host);
  }

  async handle(request: WireRequest): Promise<WireResponse> {
    await this.thawed();
    try {
      const response = await this.#lambdaHost.handle(request);
      await this.thawed();
      return response;
    } catch (error) {
      if (error instanceof CallerCrashed) this.kill({ reason: error.reason });
      if (this.#dead) return new Promise(() => {});
      throw error;
    }
  }

  uncaught(error: unknown): void {
    this.kill({ reason: 'uncaught', error });
  }

  exit(code: number): void {
    this.kill({ reason: 'exit', code });
  }

  log(message: string): void {
    if (!this.#dead) this.#write(message);
  }

  #logError(what: string, failure: FailurePayload): void {
    const { errorType, errorMessage, trace = [] } = failure;
    const timestamp = new Date(this.clock.now()).toISOString();
    const requestId = this.#running?.requestId ?? '';
    const message = { errorType, errorMessage, stackTrace: trace };
    this.#write(
      this.#settings.log.format === 'JSON'
        ? JSON.stringify({ timestamp, level: 'ERROR', requestId, message })
        : `${timestamp}\t${requestId}\tERROR\t${what} \t${JSON.stringify(message)}`,
    );
  }

  /** Lambda's own log lines; memory is not measured here. */
  #platform(kind: 'START' | 'END' | 'REPORT', rest: string): void {
    const requestId = this.#running?.requestId ?? '';
    if (this.#settings.log.format === 'Text') {
      this.#write(`${kind} RequestId: ${requestId} ${rest}`.trimEnd());
      return;
    }
    const type = { START: 'platform.start', END: 'platform.runtimeDone', REPORT: 'platform.report' }[kind];
    const time = new Date(this.clock.now()).toISOString();
    this.#write(JSON.stringify({ time, type, record: { requestId, ...(rest === '' ? {} : { detail: rest }) } }));
  }

  #report(failure: FailurePayload | undefined): void {
    const ms = this.clock.now() - (this.#running?.started ?? this.clock.now());
    this.#platform('END', '');
    const { memoryMb } = this.#settings;
    const status =
      failure === undefined ? '' : `\tStatus: ${failure.errorType === 'Sandbox.Timedout' ? 'timeout' : 'error'}`;
    const billed = Math.max(1, Math.ceil(ms));
    this.#platform(
      'REPORT',
      `Duration: ${ms.toFixed(2)} ms\tBilled Duration: ${billed} ms\tMemory Size: ${memoryMb} MB${status}`,
    );
  }

  /**
   * The function's own role creates its stream and writes its log: without the rights, nothing is written, and nothing
   * reports that. https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
   */
  #write(message: string): void {
    const { iam, logs } = this.#lambdaHost;
    const { group } = this.#settings.log;
    // A deleted role has no rights, while an environment of its function may still live.
    const may = (action: string) =>
      iam.hasRole(this.#principal) &&
      iam.deny(this.#principal, logs.authorization(action, group, this.#stream, this.#principal)) === undefined;
    if (!this.#streamMade && !may('CreateLogStream')) return;
    if (!may('PutLogEvents')) return;
    this.#streamMade = true;
    logs.append(group, this.#stream, message);
  }
}
