import { connect as connectHttp } from 'node:http2';
import { connect } from 'node:net';
import type { RuntimeHandler } from '../../../local-kubernetes/node-machine.ts';

/** gRPC's status for a service that does not exist: containerd runs without its CRI plugin. */
const unimplemented = '12';

/** A field of a protobuf message: its number, and a number or bytes. */
type Field = readonly [number, number | Buffer];

/**
 * Asks containerd over the CRI, like a kubelet, for the handlers it serves (`runtime.v1.RuntimeService/Status`).
 *
 * @param socket containerd's socket
 * @returns the handlers, or `undefined` if this containerd does not report any: before 2.0 the answer lacks the field,
 * and
 *   without its CRI plugin there is no answer
 * @throws if containerd does not answer, or returns an error
 */
export async function readHandlers(socket: string): Promise<readonly RuntimeHandler[] | undefined> {
  const answer = await call(socket, '/runtime.v1.RuntimeService/Status');
  const fields = answer === undefined ? [] : [...read(answer)];
  // Field 3 is runtime_handlers; in each, 1 is the name and 2 the features.
  const handlers = fields.flatMap(([number, value]) =>
    number === 3 && Buffer.isBuffer(value) ? [handler(value)] : [],
  );
  return handlers.length === 0 ? undefined : handlers;
}

function handler(message: Buffer): RuntimeHandler {
  const fields = new Map(read(message));
  const name = fields.get(1);
  const features = fields.get(2);
  const flags = new Map(Buffer.isBuffer(features) ? read(features) : []);
  return {
    // The default handler has no name.
    name: Buffer.isBuffer(name) ? name.toString('utf8') : '',
    features: { recursiveReadOnlyMounts: flags.get(1) === 1, userNamespaces: flags.get(2) === 1 },
  };
}

/** Makes one gRPC call with an empty request. Returns `undefined` if the service does not exist. */
function call(socket: string, path: string): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const session = connectHttp('http://localhost', { createConnection: () => connect(socket) });
    const fail = (error: Error) => {
      session.destroy();
      reject(error);
    };
    session.on('error', fail);
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const parts: Buffer[] = [];
    let status = '';
    let message = '';
    const remember = (headers: Record<string, string | string[] | undefined>) => {
      status = String(headers['grpc-status'] ?? status);
      message = String(headers['grpc-message'] ?? message);
    };
    stream.on('response', remember).on('trailers', remember).on('error', fail);
    stream.on('data', (chunk: Buffer) => parts.push(chunk));
    stream.on('end', () => {
      session.close();
      if (status === unimplemented) resolve(undefined);
      else if (status !== '0') reject(new Error(`CRI ${path}: status ${status}: ${decodeURIComponent(message)}`));
      // Five bytes precede a message: a compression flag and the length.
      else resolve(Buffer.concat(parts).subarray(5));
    });
    stream.end(Buffer.alloc(5));
  });
}

function* read(message: Buffer): Generator<Field> {
  let at = 0;
  const number = () => {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = message.readUInt8(at++);
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      factor *= 128;
    }
  };
  while (at < message.length) {
    const key = number();
    const type = key & 7;
    if (type === 0) yield [key >>> 3, number()];
    else if (type === 2) {
      const length = number();
      yield [key >>> 3, message.subarray(at, at + length)];
      at += length;
    } else throw new Error(`CRI: unknown wire type ${type}`);
  }
}
