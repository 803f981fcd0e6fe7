import { afterAll, beforeAll, expect, it } from 'vitest';
import { eksToken } from '../../lambdas/adapters/eks-token.ts';
import { ask, messageOf } from '../../packages/local-kubernetes/client.ts';
import { clusterName, credentials, region, startCluster, stranger, type TestCluster } from './cluster.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.stop());

const list = async (token: string | undefined) => ask(cluster.connection(token), 'GET', '/api/v1/nodes');
const sign = (changes: Partial<Parameters<typeof eksToken>[0]> = {}) =>
  eksToken({ cluster: clusterName, region, credentials, now: cluster.clock.now(), ...changes });

/** Changes the signed address inside a token. */
function rewrite(token: string, change: (url: URL) => void): string {
  const url = new URL(Buffer.from(token.slice('k8s-aws-v1.'.length), 'base64url').toString());
  change(url);
  return `k8s-aws-v1.${Buffer.from(url.toString()).toString('base64url')}`;
}

it('a token signed for this cluster grants access, under the name that EKS gives to the session', async () => {
  const token = await sign();

  expect((await list(token)).code).toBe(200);
  const refused = await ask(cluster.connection(token), 'GET', '/api/v1/namespaces');
  expect(messageOf(refused)).toBe(
    'namespaces is forbidden: User "arn:aws:sts::123456789012:assumed-role/airlock-cluster/airlock" cannot list resource "namespaces" in API group "" at the cluster scope',
  );
});

it('a token is valid for only 15 minutes, whatever its X-Amz-Expires is', async () => {
  const minutesAgo = (minutes: number) => sign({ now: cluster.clock.now() - minutes * 60_000 });

  expect((await list(await minutesAgo(14.5))).code).toBe(200);
  expect((await list(await minutesAgo(15.1))).code).toBe(401);
});

it.each([
  ['signed for another cluster', () => sign({ cluster: 'prod-2' })],
  ['of a role without an access entry', () => sign({ credentials: stranger })],
  ['of an unknown access key', () => sign({ credentials: { ...credentials, accessKeyId: 'ASIAUNKNOWN000000001' } })],
  ['with a wrong secret', () => sign({ credentials: { ...credentials, secretAccessKey: 'guessed' } })],
  ['without the session token', () => sign({ credentials: { ...credentials, sessionToken: '' } })],
  ['from the future', () => sign({ now: cluster.clock.now() + 6 * 60_000 })],
  ['that is no token', async () => 'k8s-aws-v1.!!!'],
  ['for a host that is not STS', async () => rewrite(await sign(), (url) => (url.hostname = 'sts.example.com'))],
  ['for another action', async () => rewrite(await sign(), (url) => url.searchParams.set('Action', 'AssumeRole'))],
  ['with a parameter more', async () => rewrite(await sign(), (url) => url.searchParams.set('X-Extra', '1'))],
  ['with a longer expiry', async () => rewrite(await sign(), (url) => url.searchParams.set('X-Amz-Expires', '901'))],
  [
    'with another date',
    async () => rewrite(await sign(), (url) => url.searchParams.set('X-Amz-Date', '20261121T091600Z')),
  ],
  [
    'whose cluster header is not signed',
    async () => rewrite(await sign(), (url) => url.searchParams.set('X-Amz-SignedHeaders', 'host')),
  ],
])('a token %s is answered with 401', async (_name, make) => {
  const answer = await list(await make());

  expect(answer.code).toBe(401);
  expect(messageOf(answer)).toBe('Unauthorized');
});

it('a request without a token is anonymous and gets nothing', async () => {
  const answer = await list(undefined);

  expect(answer.code).toBe(403);
  expect(messageOf(answer)).toContain('User "system:anonymous" cannot list resource "nodes"');
});
