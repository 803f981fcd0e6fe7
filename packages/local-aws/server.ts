import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { RealClock } from './clock.ts';
import type { LocalCloud } from './cloud.ts';
import { isPresigned, verifyPresigned } from './gateway/presigned.ts';
import { codecOf } from './gateway/protocols/protocol.ts';
import { AwsError } from './gateway/service.ts';
import { verifySignature } from './gateway/signature.ts';
import type { WireRequest, WireResponse } from './gateway/wire.ts';
import type { Credentials } from './iam/credentials.ts';
import { readPolicy } from './iam/policy.ts';

/** A cloud that other programs can reach. */
export interface Served {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** The credentials of the operator, a role that may do everything. */
  readonly credentials: Credentials;
  /** Environment variables for AWS tools: endpoint, region and credentials. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** The name of the operator's role. */
export const operator = 'Operator';

/**
 * Serves a cloud on a free port of 127.0.0.1, for the AWS CLI and other clients that sign their requests. The gateway
 * and IAM decide as for every other caller. The operator's role may do everything.
 *
 * @param now the callers' time for signatures, in milliseconds since the epoch: they use the machine's time, whatever
 * the cloud's clock shows
 */
export async function serve(cloud: LocalCloud, now = () => new RealClock().now()): Promise<Served> {
  const credentials = operatorOf(cloud);
  const server = createServer((request, response) => {
    void read(request)
      .then((received) => answerSigned(cloud, received, now()))
      .then((answered) => send(response, answered))
      // The client went away before it had sent all of its request.
      .catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    credentials,
    environment: {
      AWS_ENDPOINT_URL: url,
      AWS_REGION: cloud.core.env.region,
      AWS_DEFAULT_REGION: cloud.core.env.region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_SESSION_TOKEN: credentials.sessionToken,
    },
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Makes the operator, who is not part of the template, as in a real account. */
export function operatorOf({ iam, core: { env } }: LocalCloud): Credentials {
  const arn = `arn:${env.partition}:iam::${env.account}:role/${operator}`;
  const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
  iam.roles.set(operator, {
    arn,
    name: operator,
    id: 'AROAOPERATOR000000000',
    trust: { statements: [] },
    policies: new Map([['everything', readPolicy(everything)]]),
    tags: {},
  });
  return iam.issue({ kind: 'role', roleArn: arn, sessionName: 'cli' });
}

/**
 * Verifies a request's signature and answers it, or refuses it as the service that the request names.
 *
 * @param now the caller's time, in milliseconds since the epoch
 */
export async function answerSigned(cloud: LocalCloud, request: WireRequest, now: number): Promise<WireResponse> {
  const secretOf = (accessKeyId: string) => cloud.iam.credentialsOf(accessKeyId);
  try {
    if (isPresigned(request)) await verifyPresigned(request, secretOf, now, cloud.core.env.region);
    else await verifySignature(request, secretOf, now);
    return await cloud.handle(request);
  } catch (error) {
    if (error instanceof AwsError) return refusal(cloud, request, error);
    const message = error instanceof Error ? error.message : String(error);
    return refusal(cloud, request, new AwsError('InternalFailure', message, 500));
  }
}

/** The error in the protocol of the service that the request names. */
function refusal(cloud: LocalCloud, request: WireRequest, error: AwsError): WireResponse {
  const scope = `Credential=${String(request.query['X-Amz-Credential'])}`;
  const inHeader = request.headers['authorization'] ?? scope;
  const service = /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)/.exec(inHeader)?.[1] ?? '';
  const sdk = cloud.sdk(service);
  if (sdk !== undefined) return codecOf(sdk, request).encodeError(sdk, request, error, 'unsigned');
  return {
    status: error.status,
    headers: {},
    body: Buffer.from(JSON.stringify({ __type: error.code, message: error.message })),
  };
}

/** Reads an HTTP request as the cloud takes it. */
export async function read(incoming: IncomingMessage): Promise<WireRequest> {
  const body = await buffer(incoming);
  const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://localhost');
  const query: Record<string, string | readonly string[]> = {};
  for (const name of new Set(searchParams.keys())) {
    const values = searchParams.getAll(name);
    query[name] = values.length === 1 ? (values[0] ?? '') : values;
  }
  const headers = Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(',') : (value ?? ''),
    ]),
  );
  return { method: incoming.method ?? 'GET', host: headers['host'] ?? '', path: pathname, query, headers, body };
}

/** Sends the cloud's answer. */
export function send(response: ServerResponse, { status, headers, body }: WireResponse): void {
  // An answer to HEAD states the length of a body that it does not have.
  response.writeHead(status, { 'content-length': body.byteLength, ...headers });
  response.end(body);
}
