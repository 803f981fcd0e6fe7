import { Agent, request } from 'node:https';
import { text } from 'node:stream/consumers';
import type { Clock } from '../local-aws/clock.ts';
import { isRecord } from './object.ts';

/** The API's answer. */
export interface Answered {
  readonly code: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** An API's address and the caller's token. */
export interface Connection {
  readonly endpoint: string;
  readonly caPem: string;
  /** Anonymous if absent. */
  readonly token?: string;
  readonly clock: Clock;
}

/**
 * Kubelets and controllers keep their connections, like the real ones. A connection that the server has closed is not
 * reused.
 */
const agents = new Map<string, Agent>();

function agentFor(ca: string): Agent {
  const agent = agents.get(ca) ?? new Agent({ ca, keepAlive: true, maxSockets: 16 });
  agents.set(ca, agent);
  return agent;
}

/**
 * One request from a kubelet, an autoscaler or a test to an API server. The clock stands still until the answer
 * arrives. Rejects if the connection fails.
 */
export async function ask(
  { endpoint, caPem, token, clock }: Connection,
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  body?: unknown,
  contentType = method === 'PATCH' ? 'application/json-patch+json' : 'application/json',
): Promise<Answered> {
  const release = clock.hold();
  try {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    return await new Promise<Answered>((resolve, reject) => {
      const outgoing = request(new URL(path, endpoint), {
        method,
        agent: agentFor(caPem),
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(payload === undefined
            ? {}
            : { 'content-type': contentType, 'content-length': Buffer.byteLength(payload) }),
        },
      });
      outgoing.on('error', reject);
      outgoing.on('response', (response) => {
        text(response).then(
          (content) =>
            resolve({
              code: response.statusCode ?? 0,
              body: content === '' ? undefined : JSON.parse(content),
              headers: response.headers,
            }),
          reject,
        );
      });
      outgoing.end(payload);
    });
  } finally {
    release();
  }
}

/** The message of a Status, or a description of the answer if there is none. */
export function messageOf({ code, body }: Answered): string {
  if (isRecord(body)) {
    const { message } = body;
    if (typeof message === 'string') return message;
  }
  return `HTTP ${code}`;
}
