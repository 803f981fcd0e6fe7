import { webcrypto } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
// The certificate library requires this import first.
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { type Builders, type Compression, simulatedBuilders } from './artifact.ts';

/** The faults of a mirror. */
const mirrorFaults = ['not-found', 'server-error', 'cut', 'corrupt'] as const;

/** One of {@link mirrorFaults}. */
export type MirrorFault = (typeof mirrorFaults)[number];

/** The request header with which a machine requests its own fault; its `.curlrc` sends it. */
export const faultHeader = 'x-airlock-fault';

/** The runtimes' download sites, on loopback. */
export interface Mirror {
  readonly port: number;
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
 * Starts a mirror of the download sites that serves stand-in artifacts under upstream's names, on a free port of 127.0.0.1.
 *
 * @param others builders in place of those for machines in a directory tree
 */
export async function startMirror(others: Partial<Builders> = {}): Promise<Mirror> {
  const builders = { ...simulatedBuilders, ...others };
  const { authority, certificate, key } = await certificates();
  const requests = new Map<string, number>();
  const planted: MirrorFault[] = [];
  // A fault that a machine requests by name happens once per machine; otherwise the node could never recover.
  const suffered = new Set<string>();
  const server = createServer({ cert: certificate, key }, (request, response) => {
    const path = request.url ?? '/';
    requests.set(path, (requests.get(path) ?? 0) + 1);
    answer(request, response, path, planted.shift() ?? ownFault(request, suffered), builders);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    authority,
    requests,
    plant: (fault, times) => void planted.push(...Array<MirrorFault>(times).fill(fault)),
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        server.closeAllConnections();
      }),
  };
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

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  fault: MirrorFault | undefined,
  builders: Builders,
): void {
  const place = places.find(({ form }) => form.test(path));
  if (place === undefined || fault === 'not-found') {
    response.writeHead(404).end('Not Found');
    return;
  }
  if (fault === 'server-error') {
    response.writeHead(500).end('Internal Server Error');
    return;
  }
  let body = place.build(place.form.exec(path)?.groups ?? {}, builders);
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

async function certificates(): Promise<{ authority: string; certificate: string; key: string }> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const ownKeys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const dates = { notBefore: new Date(Date.now() - 86_400_000), notAfter: new Date(Date.now() + 86_400_000) };
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: 'CN=Airlock local mirror authority',
    ...dates,
    signingAlgorithm: algorithm,
    keys: ownKeys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  });
  const leaf = await x509.X509CertificateGenerator.create({
    serialNumber: '02',
    subject: `CN=${hosts[0]}`,
    issuer: authority.subject,
    ...dates,
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: ownKeys.privateKey,
    extensions: [new x509.SubjectAlternativeNameExtension(hosts.map((value) => ({ type: 'dns', value })))],
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    authority: authority.toString('pem'),
    certificate: leaf.toString('pem'),
    key: `-----BEGIN PRIVATE KEY-----\n${Buffer.from(pkcs8).toString('base64')}\n-----END PRIVATE KEY-----\n`,
  };
}
