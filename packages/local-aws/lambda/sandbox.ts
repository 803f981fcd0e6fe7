import { EventEmitter } from 'node:events';
import type { Injected } from './code.ts';
import type { FunctionSettings } from './function.ts';
import { abortSignalOn, dateOn, fetchOn, globalObject, performanceOn } from './globals.ts';
import type { Host } from './host.ts';
import { Modules } from './modules.ts';
import { consoleOn, outputStream } from './output.ts';
import { runInside } from './rejections.ts';
import { timers } from './timers.ts';

/** One invocation, as shown in the handler's context. */
export interface InvocationContext {
  readonly requestId: string;
  /** Milliseconds since the epoch. */
  readonly deadline: number;
  readonly logStream: string;
}

type Handler = (event: unknown, context: object) => unknown;

/** One execution environment's code, with its own globals, modules and process. */
export class Sandbox {
  readonly #host: Host;
  readonly #settings: FunctionSettings;
  readonly #modules: Modules;
  #handler: Handler | undefined;

  constructor(host: Host, settings: FunctionSettings, variables: Record<string, string>, requestId: () => string) {
    this.#host = host;
    this.#settings = settings;
    const time = timers(host);
    const own: Record<PropertyKey, unknown> = {
      ...time.globals,
      AbortSignal: abortSignalOn(time.globals),
      Date: dateOn(host),
      console: consoleOn(host, settings.log, requestId),
      fetch: fetchOn(host),
      performance: performanceOn(host),
      process: processOn(host, variables),
    };
    const global = globalObject(own);
    const injected = { ...own, globalThis: global, global } as unknown as Injected;
    this.#modules = new Modules(settings.folder, host, injected, time);
  }

  /** Whether the module was loaded: a failure before that ends the environment. */
  get initialized(): boolean {
    return this.#handler !== undefined;
  }

  /**
   * Runs the handler; the first time, loads the module before.
   *
   * @param payload JSON
   * @returns JSON
   * @throws the error of the module or the handler
   */
  handle(payload: string, invocation: InvocationContext): Promise<string> {
    return runInside(this.#host, () => this.#handle(payload, invocation));
  }

  async #handle(payload: string, invocation: InvocationContext): Promise<string> {
    this.#handler ??= this.#load();
    const event: unknown = JSON.parse(payload);
    const answer = await this.#handler(event, this.#context(invocation));
    return JSON.stringify(answer) ?? 'null';
  }

  #load(): Handler {
    const { handler, runtime } = this.#settings;
    const dot = handler.lastIndexOf('.');
    const module = this.#modules.load(handler.slice(0, dot)) as Record<string, unknown>;
    const found = module[handler.slice(dot + 1)];
    if (typeof found !== 'function') {
      const error = new Error(`${handler} is undefined or not exported`);
      error.name = 'Runtime.HandlerNotFound';
      throw error;
    }
    if (found.length > 2) {
      const error = new Error(
        `ERROR: ${runtime} here does not support callback-based function handlers. Use an async handler.`,
      );
      error.name = 'Runtime.CallbackHandlerDeprecated';
      throw error;
    }
    return found as Handler;
  }

  #context({ requestId, deadline, logStream }: InvocationContext): object {
    const { name, arn, memoryMb, log } = this.#settings;
    return {
      callbackWaitsForEmptyEventLoop: true,
      functionName: name,
      functionVersion: '$LATEST',
      invokedFunctionArn: arn,
      memoryLimitInMB: String(memoryMb),
      awsRequestId: requestId,
      logGroupName: log.group,
      logStreamName: logStream,
      getRemainingTimeInMillis: () => Math.max(0, deadline - this.#host.clock.now()),
    };
  }
}

function processOn(host: Host, env: Record<string, string>): object {
  const events = new EventEmitter();
  const stdout = outputStream(host);
  const own: Record<PropertyKey, unknown> = {
    env,
    stdout,
    stderr: stdout,
    argv: ['/var/lang/bin/node', '/var/runtime/index.mjs'],
    cwd: () => '/var/task',
    exit: (code = 0) => {
      host.exit(code);
      throw new Error(`process.exit(${code})`);
    },
    emitWarning: (warning: unknown) => host.log(String(warning)),
    kill: () => {
      throw new Error('process.kill is not known in the local cloud');
    },
  };
  for (const name of [
    'on',
    'once',
    'off',
    'addListener',
    'removeListener',
    'removeAllListeners',
    'listenerCount',
    'listeners',
    'emit',
  ]) {
    own[name] = (...args: unknown[]) =>
      (Reflect.get(events, name) as (...all: unknown[]) => unknown).apply(events, args);
  }
  return new Proxy(own, {
    get: (target, key) => {
      if (key in target) return target[key];
      const value: unknown = Reflect.get(process, key, process);
      return typeof value === 'function' ? value.bind(process) : value;
    },
    has: (target, key) => key in target || key in process,
  });
}
