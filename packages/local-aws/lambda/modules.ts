import diagnosticsChannel from 'node:diagnostics_channel';
import dns from 'node:dns';
import fs from 'node:fs';
import fsPromises from 'node:fs/promises';
import { builtinModules, createRequire } from 'node:module';
import os from 'node:os';
import { dirname, join, sep } from 'node:path';
import perfHooks from 'node:perf_hooks';
import url from 'node:url';
import { type Injected, moduleOf, runtimePackage } from './code.ts';
import type { Host } from './host.ts';
import { httpModules } from './http.ts';
import { withMembers } from './module-copy.ts';
import { networkModules, notFound } from './network.ts';
import type { timers } from './timers.ts';
import { diagnosticsModule } from './undici.ts';

/** Built-in modules that functions cannot use here: neither the clock nor the cloud sees what they start. */
const refused = ['child_process', 'cluster', 'dgram'];

/**
 * The modules of one execution environment: its asset's, the runtime's SDK, and built-in ones that stay within the
 * cloud.
 */
export class Modules {
  readonly #folder: string;
  readonly #injected: Injected;
  readonly #loaded = new Map<string, { exports: unknown }>();
  readonly #builtin: ReadonlyMap<string, object>;

  /** @param folder the function's asset */
  constructor(folder: string, host: Host, injected: Injected, time: ReturnType<typeof timers>) {
    this.#folder = folder;
    this.#injected = injected;
    const { http, https } = httpModules(host);
    const { net, tls } = networkModules(host);
    this.#builtin = new Map<string, object>([
      ['http', http],
      ['https', https],
      ['http2', refuseMember('http2', 'connect')],
      ['worker_threads', refuseMember('worker_threads', 'Worker')],
      ['net', net],
      ['tls', tls],
      ['dns', withMembers(dns, { lookup: refuseLookup, resolve: refuseLookup })],
      ['timers', withMembers({ ...time.globals }, { promises: time.promises })],
      ['timers/promises', withMembers(time.promises, {})],
      ['fs', withMembers(fs, { promises: heldPromises(host) })],
      ['fs/promises', heldPromises(host)],
      ['os', withMembers(os, { homedir: () => '/home/sbx_user1051', hostname: () => '169.254.100.6' })],
      ['url', withMembers(url, { parse: parseUrl })],
      ['process', injected.process as object],
      ['perf_hooks', withMembers(perfHooks, { performance: injected.performance })],
      ['diagnostics_channel', diagnosticsModule(host, diagnosticsChannel)],
      ['module', { createRequire: () => this.#requireFrom(folder), builtinModules, isBuiltin: isBuiltin }],
      ...refused.map((name) => [name, refuseAll(name)] as [string, object]),
    ]);
  }

  /** Loads a handler's file: `index` for `index.handler`. */
  load(name: string): unknown {
    for (const extension of ['.js', '.mjs', '.cjs']) {
      const file = join(this.#folder, `${name}${extension}`);
      if (fs.existsSync(file)) return this.#module(file);
    }
    const error = new Error(`Error: Cannot find module '${name}'\nRequire stack:\n- /var/runtime/index.mjs`);
    error.name = 'Runtime.ImportModuleError';
    throw error;
  }

  #requireFrom(directory: string): (name: string) => unknown {
    return (name) => {
      if (isBuiltin(name)) return this.#builtinModule(name.replace(/^node:/, ''));
      const file = this.#resolve(name, directory);
      return file === undefined ? this.#runtime(name) : this.#module(file);
    };
  }

  #builtinModule(name: string): unknown {
    return this.#builtin.get(name) ?? process.getBuiltinModule(name);
  }

  /** Resolves only files in the asset: the project's own modules are not part of the function. */
  #resolve(name: string, directory: string): string | undefined {
    try {
      const file = createRequire(join(directory, 'index.js')).resolve(name);
      return file.startsWith(fs.realpathSync(this.#folder) + sep) || file.startsWith(this.#folder + sep)
        ? file
        : undefined;
    } catch {
      return undefined;
    }
  }

  #runtime(name: string): unknown {
    const key = `runtime:${name}`;
    const present = this.#loaded.get(key);
    if (present !== undefined) return present.exports;
    const body = /^@(aws-sdk|smithy)\//.test(name) ? runtimePackage(name, this.#injected) : undefined;
    if (body === undefined) {
      const error = new Error(`Cannot find module '${name}'`);
      throw Object.assign(error, { code: 'MODULE_NOT_FOUND', requireStack: [] });
    }
    return this.#run(key, this.#folder, body);
  }

  #module(file: string): unknown {
    const present = this.#loaded.get(file);
    if (present !== undefined) return present.exports;
    return this.#run(file, dirname(file), moduleOf(file, this.#injected));
  }

  #run(key: string, directory: string, body: ReturnType<typeof moduleOf>): unknown {
    const module = { exports: {} as unknown };
    this.#loaded.set(key, module);
    try {
      body.call(module.exports, module.exports as object, this.#requireFrom(directory), module, key, directory);
    } catch (error) {
      this.#loaded.delete(key);
      throw error;
    }
    return module.exports;
  }
}

function isBuiltin(name: string): boolean {
  return name.startsWith('node:') || builtinModules.includes(name);
}

/**
 * The old parser without its warning, which would go to the terminal instead of the function's log. CDK's own functions
 * use it.
 */
function parseUrl(text: string, ...rest: unknown[]): object {
  const Url = Reflect.get(url, 'Url') as new () => { parse(...args: unknown[]): void };
  const parsed = new Url();
  parsed.parse(text, ...rest);
  return parsed;
}

function refuseMember(name: string, member: string): object {
  const real = process.getBuiltinModule(name) as unknown as object;
  // A class is called with `new`, which an arrow function does not allow.
  function refuse() {
    throw new Error(`${name}.${member} is not known in the local cloud`);
  }
  return withMembers(real, { [member]: refuse });
}

function refuseAll(name: string): object {
  const real = process.getBuiltinModule(name) as unknown as Record<string, unknown>;
  const members = Object.keys(real).filter((member) => typeof real[member] === 'function');
  const refuse = () => {
    throw new Error(`the module ${name} is not known in the local cloud`);
  };
  return withMembers({}, Object.fromEntries(members.map((member) => [member, refuse])));
}

function refuseLookup(hostname: string, ...rest: unknown[]): void {
  const callback = rest.findLast((one) => typeof one === 'function') as ((error: Error) => void) | undefined;
  process.nextTick(() => callback?.(notFound(hostname)));
}

/** Other threads read files, so each promise holds the clock. */
function heldPromises(host: Host): object {
  const held = Object.entries(fsPromises)
    .filter(([, member]) => typeof member === 'function')
    .map(([name, member]) => {
      const call = async (...args: unknown[]) => {
        const release = host.hold();
        try {
          return await (member as (...all: unknown[]) => Promise<unknown>)(...args);
        } finally {
          release();
        }
      };
      return [name, call] as const;
    });
  return withMembers(fsPromises, Object.fromEntries(held));
}
