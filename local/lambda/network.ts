import net from 'node:net';
import tls from 'node:tls';
import type { Host } from './host.ts';
import { withMembers } from './module-copy.ts';

/** Whether a host is this machine. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** The error of a host that does not exist: the local cloud has no way to the internet. */
export function notFound(host: string): Error {
  const error = new Error(`getaddrinfo ENOTFOUND ${host} (the local cloud reaches AWS hosts in memory, and 127.0.0.1)`);
  return Object.assign(error, { code: 'ENOTFOUND', errno: -3008, syscall: 'getaddrinfo', hostname: host });
}

type Connect = (...args: unknown[]) => net.Socket;

/** `net` and `tls` as code in an execution environment sees them: connections to this machine alone, closed when the environment dies. */
export function networkModules(host: Host): { readonly net: object; readonly tls: object } {
  const guard = (connect: Connect): Connect => {
    return (...args) => {
      const name = hostOf(args);
      if (!isLoopback(name)) {
        const refused = new net.Socket();
        process.nextTick(() => refused.destroy(notFound(name)));
        return refused;
      }
      const socket = connect(...args);
      const forget = host.onDeath(() => socket.destroy());
      socket.once('close', forget);
      return socket;
    };
  };
  const connectNet = guard(net.connect as Connect);
  const connectTls = guard(tls.connect as Connect);
  return {
    net: withMembers(net, { connect: connectNet, createConnection: connectNet }),
    tls: withMembers(tls, { connect: connectTls }),
  };
}

function hostOf(args: readonly unknown[]): string {
  const [first, second] = args;
  if (typeof first === 'object' && first !== null) {
    const { host, socket } = first as { host?: string; socket?: unknown };
    return socket === undefined ? (host ?? 'localhost') : 'localhost';
  }
  return typeof second === 'string' ? second : 'localhost';
}
