import { createServer as createProxy, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import type { Internet } from '../../local-aws/cloud.ts';
import { read, send } from '../../local-aws/server.ts';
import { type Builders, type Compression, simulatedBuilders } from './artifact.ts';
import { certificatesFor } from './certificates.ts';

/** The faults of a mirror. */
const mirrorFaults = ['not-found', 'server-error', 'cut', 'corrupt'] as const;

/** One of {@link mirrorFaults}. */
export type MirrorFault = (typeof mirrorFaults)[number];

/** The request header with which a machine requests its own fault; its `.curlrc` sends it. */
export const faultHeader = 'x-airlock-fault';

/** The runtimes' download sites, on loopback. */
export interface Mirror {
  readonly port: number;
  /** An HTTP proxy that leads to the mirror wherever it is asked to: wget cannot be told another address of a host. */
  readonly proxyPort: number;
  /** The certificate of the authority that signed the mirror's certificate, as PEM. */
  readonly authority: string;
  /** How often each path was requested. */
  readonly requests: ReadonlyMap<string, number>;
  /** Plants a fault in the next requests, from any client. */
  plant(fault: MirrorFault, times: number): void;
  close(): Promise<void>;
}

const hosts = ['github.com', 'storage.googleapis.com'];

/** Upstream's download addresses, and the builder of the stand-in for each. */
const places: readonly {
  readonly form: RegExp;
  readonly build: (groups: Readonly<Record<string, string>>, builders: Builders) => Buffer;
}[] = [
  {
    form: /^\/google\/gvisor\/releases\/download\/release-(?<version>[0-9.]+)\/gvisor-(?<arch>\w+)\.tar\.(?<compression>zstd|bz2)$/,
    build: ({ version = '', arch = '', compression }, { gvisor }) => gvisor(version, arch, compression as Compression),
  },
  {
    form: /^\/gvisor\/releases\/release\/(?<version>[0-9.]+)\/(?<arch>\w+)\/gvisor\.tar\.(?<compression>zstd|bz2)$/,
    build: ({ version = '', arch = '', compression }, { gvisor }) => gvisor(version, arch, compression as Compression),
  },
  {
    form: /^\/kata-containers\/kata-containers\/releases\/download\/(?<version>[0-9.]+)\/kata-static-\1-(?<arch>amd64|arm64)\.tar\.zst$/,
    build: ({ version = '', arch = '' }, { kata }) => kata(version, machineOf(arch)),
  },
  {
    form: /^\/nestybox\/sysbox\/releases\/download\/v(?<version>[0-9.]+)\/sysbox-ce_\1\.linux_(?<arch>amd64|arm64)\.deb$/,
    build: ({ version = '', arch = '' }, { sysbox }) => sysbox(version, machineOf(arch)),
  },
];

/** The architecture in `uname -m`'s terms for Debian's `amd64` or `arm64`. */
function machineOf(debian: string): string {
  return debian === 'amd64' ? 'x86_64' : 'aarch64';
}

/**
 * Starts a mirror of the download sites that serves stand-in artifacts under upstream's names, on a free port of
 * 127.0.0.1.
 *
 * @param others builders in place of those for machines in a directory tree
 * @param bucket a bucket's end point in place of the download sites: nothing else is there then
 */
export async function startMirror(others: Partial<Builders> = {}, bucket?: Internet): Promise<Mirror> {
  const builders = { ...simulatedBuilders, ...others };
  const { authority, certificate, key } = await certificatesFor(bucket?.hosts ?? hosts);
  const requests = new Map<string, number>();
  const planted: MirrorFault[] = [];
  // A fault that a machine requests by name happens once per machine; otherwise the node could never recover.
  const suffered = new Set<string>();
  const server = createServer({ cert: certificate, key }, (request, response) => {
    const path = request.url ?? '/';
    requests.set(path, (requests.get(path) ?? 0) + 1);
    if (bucket !== undefined) {
      void read(request)
        .then((received) => bucket.answer(received))
        .then((answered) => send(response, answered));
      return;
    }
    answer(request, response, path, planted.shift() ?? ownFault(request, suffered), builders);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const proxy = await startProxy(port);
  return {
    port,
    proxyPort: (proxy.address() as AddressInfo).port,
    authority,
    requests,
    plant: (fault, times) => void planted.push(...Array<MirrorFault>(times).fill(fault)),
    close: () =>
      new Promise((resolve, reject) => {
        proxy.close();
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        server.closeAllConnections();
      }),
  };
}

/** A proxy whose tunnels all lead to one port of 127.0.0.1. */
async function startProxy(port: number): Promise<Server> {
  const proxy = createProxy((_, response) => response.writeHead(405).end());
  proxy.on('connect', (_, client) => {
    const tunnel = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      tunnel.pipe(client).pipe(tunnel);
    });
    for (const end of [client, tunnel]) end.on('error', () => [client, tunnel].forEach((one) => void one.destroy()));
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return proxy;
}

/** The header is `<fault>`, every time, or `<fault> once <machine>`. */
function ownFault(request: IncomingMessage, suffered: Set<string>): MirrorFault | undefined {
  const [name = '', once, machine] = String(request.headers[faultHeader] ?? '').split(' ');
  const fault = mirrorFaults.find((known) => known === name);
  if (fault === undefined || once === undefined) return fault;
  const mark = `${fault} ${machine}`;
  if (suffered.has(mark)) return undefined;
  suffered.add(mark);
  return fault;
}

/** What upstream's address has; undefined if there is nothing. */
function artifactAt(path: string, builders: Builders): Buffer | undefined {
  const place = places.find(({ form }) => form.test(path));
  return place?.build(place.form.exec(path)?.groups ?? {}, builders);
}

/** The download sites for functions in the local cloud, which reach them in memory. */
export function upstreamSites(others: Partial<Builders> = {}): Internet {
  const builders = { ...simulatedBuilders, ...others };
  return {
    hosts,
    answer: ({ path }) => {
      const body = artifactAt(path, builders);
      if (body === undefined) return { status: 404, headers: {}, body: Buffer.from('Not Found') };
      return { status: 200, headers: { 'content-length': String(body.length) }, body };
    },
  };
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  fault: MirrorFault | undefined,
  builders: Builders,
): void {
  const artifact = artifactAt(path, builders);
  if (artifact === undefined || fault === 'not-found') {
    response.writeHead(404).end('Not Found');
    return;
  }
  if (fault === 'server-error') {
    response.writeHead(500).end('Internal Server Error');
    return;
  }
  let body = artifact;
  if (fault === 'corrupt') {
    body = Buffer.from(body);
    body.writeUInt8(body.readUInt8(body.length - 1) ^ 1, body.length - 1);
  }
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  if (from > 0 && from >= body.length) {
    response.writeHead(416, { 'content-range': `bytes */${body.length}` }).end();
    return;
  }
  const part = body.subarray(from);
  const range = from > 0 ? { 'content-range': `bytes ${from}-${body.length - 1}/${body.length}` } : {};
  response.writeHead(from > 0 ? 206 : 200, { 'content-length': part.length, 'accept-ranges': 'bytes', ...range });
  if (fault !== 'cut') {
    response.end(part);
    return;
  }
  response.write(part.subarray(0, Math.floor(part.length / 2)), () => setImmediate(() => response.destroy()));
}
