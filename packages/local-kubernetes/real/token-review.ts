import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { stringify } from 'yaml';
import type { Clock } from '../../local-aws/clock.ts';
import { serverCertificate } from '../certificate.ts';
import { isRecord } from '../object.ts';
import type { Identities } from '../server/identities.ts';

const apiVersion = 'authentication.k8s.io/v1';

/** The webhook with which a kube-apiserver reviews bearer tokens, like the authenticator in EKS. */
export class TokenReviewer {
  /** The kubeconfig with which an API server reaches it. */
  readonly kubeconfig: string;
  readonly #server: Server;

  private constructor(server: Server, ca: string) {
    this.#server = server;
    const { port } = server.address() as AddressInfo;
    const authority = Buffer.from(ca).toString('base64');
    this.kubeconfig = stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: 'reviewer',
          cluster: { server: `https://127.0.0.1:${port}/review`, 'certificate-authority-data': authority },
        },
      ],
      users: [{ name: 'api-server' }],
      contexts: [{ name: 'review', context: { cluster: 'reviewer', user: 'api-server' } }],
      'current-context': 'review',
    });
  }

  /** Listens on a free port of 127.0.0.1. */
  static async start(identities: Identities, clock: Clock): Promise<TokenReviewer> {
    const { ca, certificate, key } = await serverCertificate();
    const server = createServer({ cert: certificate, key }, async (request, response) => {
      const answer = await review(await text(request), identities, clock.now());
      response.writeHead(answer === undefined ? 400 : 200, { 'content-type': 'application/json' });
      response.end(answer === undefined ? '' : JSON.stringify(answer));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new TokenReviewer(server, ca);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

/** The answer to a TokenReview; undefined if the body is not a TokenReview of this version. */
async function review(body: string, identities: Identities, now: number): Promise<object | undefined> {
  const asked: unknown = parsed(body);
  if (!isRecord(asked) || asked['apiVersion'] !== apiVersion || asked['kind'] !== 'TokenReview') return undefined;
  const { spec } = asked;
  const token = isRecord(spec) && typeof spec['token'] === 'string' ? spec['token'] : '';
  const user = await identities.identify(`Bearer ${token}`, now);
  const status =
    user === undefined
      ? { authenticated: false }
      : { authenticated: true, user: { username: user.name, uid: user.name, groups: user.groups } };
  return { apiVersion, kind: 'TokenReview', status };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
