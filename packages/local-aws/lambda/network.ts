import net from 'node:net';
import tls from 'node:tls';
import type { Host } from './host.ts';
import { withMembers } from './module-copy.ts';

/** Whether a host is this machine. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** The error for a host that does not exist: the local cloud has no internet access. */
export function notFound(host: string): Error {
  const error = new Error(`getaddrinfo ENOTFOUND ${host} (the local cloud reaches AWS hosts in memory, and 127.0.0.1)`);
  return Object.assign(error, { code: 'ENOTFOUND', errno: -3008, syscall: 'getaddrinfo', hostname: host });
}

/**
 * The error for an address that does not answer: no security group lets the connection through, or there is no route.
 */
export function timedOut(host: string, port: number): Error {
  const error = new Error(`connect ETIMEDOUT ${host}:${port}`);
  return Object.assign(error, { code: 'ETIMEDOUT', errno: -110, syscall: 'connect', address: host, port });
}

type Connect = (...args: unknown[]) => net.Socket;

/**
 * `net` and `tls` for code in an execution environment: connections only to this machine, closed when the environment
 * dies.
 */
export function networkModules(host: Host): { readonly net: object; readonly tls: object } {
  const guard = (connect: Connect): Connect => {
    return (...args) => {
      const name = hostOf(args);
      const port = portOf(args);
      const refusal = isLoopback(name) ? undefined : notFound(name);
      const failure = refusal ?? (port === undefined || host.reaches(name, port) ? undefined : timedOut(name, port));
      if (failure !== undefined) {
        const refused = new net.Socket();
        process.nextTick(() => refused.destroy(failure));
        return refused;
      }
      const socket = connect(...args);
      const forget = host.onDeath(() => socket.destroy());
      socket.once('close', forget);
      return socket;
    };
  };
  const connectNet = guard(net.connect as Connect);
  const connectTls = guard(((first: unknown, ...rest: unknown[]) =>
    (tls.connect as Connect)(withContext(first), ...rest)) as Connect);
  return {
    net: withMembers(net, { connect: connectNet, createConnection: connectNet }),
    tls: withMembers(tls, { connect: connectTls }),
  };
}

/** TLS contexts by the text of their authorities, so that a connection's trust is read once. */
const contexts = new Map<string, tls.SecureContext>();
/** Options that make a context more than its authorities. */
const ofContext = ['cert', 'key', 'pfx', 'ciphers', 'minVersion', 'maxVersion', 'secureContext', 'crl', 'sigalgs'];

function withContext(options: unknown): unknown {
  if (typeof options !== 'object' || options === null) return options;
  const given = options as tls.ConnectionOptions & Readonly<Record<string, unknown>>;
  const { ca } = given;
  if (typeof ca !== 'string' || ofContext.some((name) => given[name] !== undefined)) return options;
  const context = contexts.get(ca) ?? tls.createSecureContext({ ca });
  contexts.set(ca, context);
  return { ...given, secureContext: context };
}

/** Undefined for a socket that is already connected. */
function portOf([first]: readonly unknown[]): number | undefined {
  if (typeof first !== 'object' || first === null) return Number(first);
  const { port, socket } = first as { port?: unknown; socket?: unknown };
  return socket === undefined ? Number(port) : undefined;
}

function hostOf(args: readonly unknown[]): string {
  const [first, second] = args;
  if (typeof first === 'object' && first !== null) {
    const { host, socket } = first as { host?: string; socket?: unknown };
    return socket === undefined ? (host ?? 'localhost') : 'localhost';
  }
  return typeof second === 'string' ? second : 'localhost';
}
