import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gatekeepers } from '../../../../domain/kubernetes.ts';
import { eksToken } from '../../../../lambdas/adapters/eks-token.ts';
import { clusterName, credentials, nodeBody, region, role } from '../../../../test/kubernetes/cluster.ts';
import { RealClock } from '../../../local-aws/clock.ts';
import { ask } from '../../client.ts';
import { KubeApiServer } from '../../kube-api-server.ts';
import { apiServerFlags, etcdFlags } from '../../real/flags.ts';
import { TokenReviewer } from '../../real/token-review.ts';
import { Identities } from '../../server/identities.ts';

const clock = new RealClock();
const options = {
  clock,
  clusterName,
  accessEntries: [{ principalArn: role, kubernetesGroups: [gatekeepers] }],
  secretOf: (id: string) => (id === credentials.accessKeyId ? { ...credentials, roleArn: role } : undefined),
  manifests: [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'airlock-system' } }],
};
const plan = { folder: '/x', etcdPort: 1, peerPort: 2, apiPort: 3 };

describe('the flags', () => {
  it('are each given once, and open only loopback', () => {
    for (const flags of [etcdFlags(plan), apiServerFlags(plan)]) {
      const names = flags.map((flag) => flag.split('=')[0]);
      expect(new Set(names).size).toBe(names.length);
      for (const address of flags.join(' ').matchAll(/https?:\/\/([^:/ ]+)/g)) {
        expect(['127.0.0.1', 'kubernetes.default.svc']).toContain(address[1]);
      }
    }
  });

  it('turn on what Airlock relies on: RBAC, the node authorizer, NodeRestriction and token review', () => {
    expect(apiServerFlags(plan)).toEqual(
      expect.arrayContaining([
        '--authorization-mode=Node,RBAC',
        '--enable-admission-plugins=NodeRestriction',
        '--authentication-token-webhook-config-file=/x/reviewer.yaml',
        '--authentication-token-webhook-version=v1',
      ]),
    );
    expect(apiServerFlags(plan).join(' ')).not.toMatch(/AlwaysAllow|disable-admission-plugins/);
  });
});

describe('the webhook that reviews tokens', () => {
  let identities: Identities;
  let reviewer: TokenReviewer;
  beforeAll(async () => {
    identities = new Identities(clusterName, options.accessEntries, options.secretOf);
    reviewer = await TokenReviewer.start(identities, clock);
  });
  afterAll(() => reviewer.stop());

  /** One review, by the address and the authority that the kubeconfig gives to the API server. */
  const review = async (body: object) => {
    const config = new KubeConfig();
    config.loadFromString(reviewer.kubeconfig);
    const { server = '', caData = '' } = config.getCurrentCluster() ?? {};
    const { origin, pathname } = new URL(server);
    return ask({ endpoint: origin, caPem: Buffer.from(caData, 'base64').toString(), clock }, 'POST', pathname, body);
  };
  const asked = (token: string) => ({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } });

  it('knows the role behind a token that was signed for this cluster, with the groups of its access entry', async () => {
    const token = await eksToken({ cluster: clusterName, region, credentials, now: clock.now() });

    expect((await review(asked(token))).body).toMatchObject({
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenReview',
      status: { authenticated: true, user: { groups: [gatekeepers, 'system:authenticated'] } },
    });
  });

  it.each([
    ['signed for another cluster', () => eksToken({ cluster: 'prod-2', region, credentials, now: Date.now() })],
    ['that is too old', () => eksToken({ cluster: clusterName, region, credentials, now: Date.now() - 16 * 60_000 })],
    ['that no one gave', async () => 'x'],
  ])('rejects a token %s, without details', async (_what, make) => {
    expect((await review(asked(await make()))).body).toMatchObject({ status: { authenticated: false } });
  });

  it('knows a kubelet by its own token', async () => {
    const token = identities.tokenFor('system:node:a', ['system:nodes']);

    expect((await review(asked(token))).body).toMatchObject({
      status: { user: { username: 'system:node:a', groups: ['system:nodes', 'system:authenticated'] } },
    });
  });

  it('does not answer another version', async () => {
    const { code } = await review({ ...asked('x'), apiVersion: 'authentication.k8s.io/v1beta1' });

    expect(code).toBe(400);
  });
});

describe('a control plane', () => {
  const assets = new URL('../assets', import.meta.url).pathname;

  it('starts, accepts our tokens and a kubelet by the webhook, counts requests, and ends with all its processes', async () => {
    const server = await KubeApiServer.start({ ...options, assets });
    const { endpoint, caPem } = server;
    const admin = { endpoint, caPem, clock, token: server.tokenFor('admin', ['system:masters']) };
    const ours = await eksToken({ cluster: clusterName, region, credentials, now: clock.now() });

    const made = await ask(admin, 'POST', '/api/v1/nodes', nodeBody('one'));
    const denied = await ask({ endpoint, caPem, clock, token: ours }, 'GET', '/api/v1/nodes/one');
    const stranger = await ask({ endpoint, caPem, clock, token: 'x' }, 'GET', '/api/v1/nodes/one');

    expect(made.code).toBe(201);
    expect(denied.code).toBe(403);
    expect(stranger.code).toBe(401);
    expect((await server.node('one'))?.metadata.name).toBe('one');
    expect(server.counts.get('kubernetes:get nodes')).toBe(2);
    await server.stop();
    await expect(ask(admin, 'GET', '/api/v1/nodes/one')).rejects.toThrow();
  });

  it("that does not start reports its process's last output, and leaves nothing behind", async () => {
    const broken = mkdtempSync(join(tmpdir(), 'airlock-broken-'));
    const version = 'if [ "$1" = --version ]; then echo v0; exit 0; fi';
    writeFileSync(join(broken, 'kube-apiserver'), `#!/bin/sh\n${version}\necho "no such flag: $1" >&2\nexit 1\n`);
    writeFileSync(join(broken, 'etcd'), `#!/bin/sh\nexec ${join(assets, 'etcd')} "$@"\n`);
    for (const name of ['kube-apiserver', 'etcd']) chmodSync(join(broken, name), 0o755);

    const error = await KubeApiServer.start({ ...options, assets: broken }).catch((reason: unknown) => reason);

    expect(String(error)).toMatch(
      /^ControlPlaneFailed: .*kube-apiserver ended; its last output: no such flag: --etcd-servers=/,
    );
    rmSync(broken, { recursive: true });
  });
});
