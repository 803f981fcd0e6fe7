import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { text } from 'node:stream/consumers';
import { parse } from 'yaml';
import { RealClock } from '../../../local-aws/clock.ts';
import { ask } from '../../client.ts';
import type { User } from '../../server/authorize.ts';
import { apply, carryOut } from '../../server/request.ts';
import { parsePath } from '../../server/resources.ts';
import { ApiError } from '../../server/status.ts';
import { Store } from '../../server/store.ts';
import { flagsOf } from './flags.ts';

if (process.argv[2] === '--version') {
  process.stdout.write('Kubernetes none, but a stand-in\n');
  process.exit(0);
}
const flags = flagsOf([
  'etcd-servers',
  'bind-address',
  'secure-port',
  'cert-dir',
  'tls-cert-file',
  'tls-private-key-file',
  'authorization-mode',
  'enable-admission-plugins',
  'authentication-token-webhook-config-file',
  'authentication-token-webhook-version',
  'authentication-token-webhook-cache-ttl',
  'service-account-issuer',
  'service-account-key-file',
  'service-account-signing-key-file',
  'service-cluster-ip-range',
  'endpoint-reconciler-type',
  'allow-privileged',
  'profiling',
]);
const file = (name: string) => readFileSync(flags.get(name) ?? '', 'utf8');
for (const key of ['service-account-key-file', 'service-account-signing-key-file']) file(key);

const clock = new RealClock();
const store = new Store(clock);
for (const name of ['default', 'kube-system'])
  apply(store, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
const systemNode = { metadata: { name: 'system:node' }, rules: [] };
apply(store, { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', ...systemNode });

const [{ cluster }] = parse(file('authentication-token-webhook-config-file')).clusters;
const caPem = Buffer.from(cluster['certificate-authority-data'], 'base64').toString();

/** Asks the webhook for the caller's identity, as the real server does. */
async function reviewed(token: string): Promise<User | undefined> {
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } };
  const { origin, pathname } = new URL(cluster.server);
  const { code, body } = await ask({ endpoint: origin, caPem, clock }, 'POST', pathname, review);
  if (code !== 200) throw new Error(`the webhook answered ${code}`);
  const { authenticated, user } = (
    body as { status: { authenticated: boolean; user?: { username: string; groups: string[] } } }
  ).status;
  return authenticated && user ? { name: user.username, groups: user.groups, aws: false } : undefined;
}

const server = createServer(
  { cert: file('tls-cert-file'), key: file('tls-private-key-file') },
  async (request, response) => {
    const send = (code: number, body: unknown) => {
      response.writeHead(code, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    try {
      const url = new URL(request.url ?? '/', 'https://127.0.0.1');
      const sent = await text(request);
      // The real server has service accounts; the stand-in's pods need none.
      if (url.pathname.endsWith('/serviceaccounts')) return send(201, {});
      const { authorization } = request.headers;
      const anonymous = { name: 'system:anonymous', groups: ['system:unauthenticated'], aws: false };
      const user = authorization === undefined ? anonymous : await reviewed(authorization.slice('Bearer '.length));
      if (user === undefined) throw new ApiError(401, 'Unauthorized', 'Unauthorized');
      const target = parsePath(url.pathname);
      if (target === undefined) throw new ApiError(404, 'NotFound', 'the server could not find the requested resource');
      const one = target.name !== undefined;
      const verbs: Record<string, string> = {
        GET: one ? 'get' : 'list',
        POST: 'create',
        PATCH: 'patch',
        DELETE: 'delete',
      };
      const verb = verbs[request.method ?? ''] ?? '';
      const contentType = (request.headers['content-type'] ?? '').split(';')[0] ?? '';
      const body: unknown = sent === '' ? undefined : JSON.parse(sent);
      const now = clock.now();
      const answer = carryOut(store, { user, verb, target, query: url.searchParams, contentType, body, now });
      if ('stream' in answer) throw new ApiError(405, 'MethodNotAllowed', 'watches are not served here');
      send(answer.code, answer.body);
    } catch (error) {
      const refusal = error instanceof ApiError ? error : new ApiError(500, 'InternalError', String(error));
      send(refusal.code, refusal.status());
    }
  },
);
server.listen(Number(flags.get('secure-port')), flags.get('bind-address'));
