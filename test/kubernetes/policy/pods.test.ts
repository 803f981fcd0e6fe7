import { describe, expect, it, onTestFinished } from 'vitest';
import { proofPod } from '../../../domain/proof-pod.ts';
import { type Answered, ask, messageOf } from '../../../packages/local-kubernetes/client.ts';
import { assets, startCluster } from '../cluster.ts';
import { almighty, owner, unique } from './almighty.ts';

const here = almighty();

describe('our identity may create', () => {
  const pods = '/api/v1/namespaces/airlock-system/pods';
  const plan = { nodeName: 'n', runtime: 'gvisor', image: 'registry.k8s.io/pause:3.10' } as const;
  const name = () => `airlock-proof-i-0123456789abcdef0-${unique()}`;
  const pod = () => proofPod({ ...plan, name: name() });
  const create = (body: object, path = pods) => ask(here().us, 'POST', path, body);
  const withSpec = (change: object) => {
    const whole = pod();
    return { ...whole, spec: { ...whole.spec, ...change } };
  };
  const withContainer = (change: object) => withSpec({ containers: [{ ...pod().spec.containers[0], ...change }] });
  const withMetadata = (change: object) => {
    const whole = pod();
    return { ...whole, metadata: { ...whole.metadata, ...change } };
  };

  it.each<[string, string]>([
    ['Debian', 'registry.k8s.io/pause:3.10'],
    ['EKS', '602401143452.dkr.ecr.eu-central-1.amazonaws.com/eks/pause:3.10'],
    ['EKS in China', '918309763551.dkr.ecr.cn-north-1.amazonaws.com.cn/eks/pause:3.5'],
    ["EKS's own images", 'localhost/kubernetes/pause'],
    ['Charmed Kubernetes', 'rocks.canonical.com:443/cdk/pause:3.7'],
    ['Debian by digest', `registry.k8s.io/pause:3.10@sha256:${'0'.repeat(64)}`],
  ])('the proof pod with the sandbox image of %s', async (_who, image) => {
    const answer = await create(proofPod({ ...plan, name: name(), image }));

    expect(answer.code).toBe(201);
    expect(messageOf(answer)).toEqual(expect.any(String));
  });

  it('the proof pod of Sysbox, and one of Kata with its overhead', async () => {
    for (const [runtime, className] of [
      ['sysbox', 'sysbox-runc'],
      ['kata', 'kata-qemu'],
    ] as const) {
      await here().cluster.api.apply({
        apiVersion: 'node.k8s.io/v1',
        kind: 'RuntimeClass',
        metadata: { name: className },
        handler: className,
        overhead: { podFixed: { memory: '160Mi' } },
        scheduling: { tolerations: [{ key: 'a', operator: 'Exists' }] },
      });
      expect((await create(proofPod({ ...plan, name: name(), runtime }))).code).toBe(201);
    }
  });

  it('and delete it', async () => {
    const proof = pod();
    await create(proof);

    expect((await ask(here().us, 'DELETE', `${pods}/${proof.metadata.name}`)).code).toBe(200);
  });

  it.each<[string, () => object, string]>([
    ['with another name', () => withMetadata({ name: 'airlock-proof-x' }), 'metadata.name'],
    ['with another label', () => withMetadata({ labels: { ...pod().metadata.labels, a: 'b' } }), 'metadata.labels'],
    ['with an annotation', () => withMetadata({ annotations: { a: 'b' } }), 'metadata.annotations'],
    ['with a finalizer', () => withMetadata({ finalizers: ['a.example/b'] }), 'metadata.finalizers'],
    ['with an owner', () => withMetadata({ ownerReferences: [owner] }), 'metadata.ownerReferences'],
    [
      'of another image',
      () => withContainer({ image: 'busybox:1' }),
      'busybox:1 is not a sandbox image of this cluster',
    ],
    [
      'of an image that ends in the same way',
      () => withContainer({ image: 'evil.example/notpause:1' }),
      'is not a sandbox image',
    ],
    ...[
      'evil.example/x/pause',
      'evil.example/registry.k8s.io/pause:3.10',
      'registry.k8s.io.evil.example/pause:3.10',
      'registryxk8s.io/pause:3.10',
      'registry.k8s.io/pause/more:3.10',
      'registry.k8s.io/pause:3.10 evil',
      'pause',
      '111122223333.dkr.ecr.eu-central-1.amazonaws.com/eks/pause:3.10',
      '602401143452.dkr.ecr.eu-central-1.evil.example/eks/pause:3.10',
      'registry.k8s.io/pause@sha256:0',
    ].map((image): [string, () => object, string] => [
      `of the image ${image}`,
      () => withContainer({ image }),
      'is not a sandbox image of this cluster; add its repository to sandboxImages in airlock.yaml',
    ]),
    ['that is pulled', () => withContainer({ imagePullPolicy: 'Always' }), 'spec.containers[0].imagePullPolicy'],
    ['with a command', () => withContainer({ command: ['sh'] }), 'spec.containers[0].command'],
    ['with an environment', () => withContainer({ env: [{ name: 'A', value: 'b' }] }), 'spec.containers[0].env'],
    ['with a port', () => withContainer({ ports: [{ containerPort: 80 }] }), 'spec.containers[0].ports'],
    [
      'with more memory',
      () => withContainer({ resources: { requests: { cpu: '10m', memory: '1Gi' } } }),
      'resources.requests',
    ],
    [
      'with two containers',
      () => withSpec({ containers: [...pod().spec.containers, { ...pod().spec.containers[0], name: 'b' }] }),
      'spec.containers',
    ],
    [
      'with an init container',
      () => withSpec({ initContainers: [{ ...pod().spec.containers[0], name: 'first' }] }),
      'spec.initContainers',
    ],
    ['with a volume', () => withSpec({ volumes: [{ name: 'a', emptyDir: {} }] }), 'spec.volumes'],
    ['with a token', () => withSpec({ automountServiceAccountToken: true }), 'spec.automountServiceAccountToken'],
    ['without a RuntimeClass', () => withSpec({ runtimeClassName: undefined }), 'spec.runtimeClassName'],
    ['that is not bound', () => withSpec({ nodeName: undefined }), 'spec.nodeName'],
    ['that outlives its proof', () => withSpec({ activeDeadlineSeconds: 86_400 }), 'spec.activeDeadlineSeconds'],
    ['that is started again', () => withSpec({ restartPolicy: 'Always' }), 'spec.restartPolicy'],
    ['that is critical', () => withSpec({ priorityClassName: 'system-node-critical' }), 'spec.priorityClassName'],
    [
      'with another group',
      () => withSpec({ securityContext: { ...pod().spec.securityContext, fsGroup: 1 } }),
      'spec.securityContext.fsGroup',
    ],
    [
      'as another user',
      () => withSpec({ securityContext: { ...pod().spec.securityContext, runAsUser: 1000 } }),
      'spec.securityContext.runAsUser',
    ],
  ])('no pod %s', async (_what, body, field) => {
    const answer = await create(body());

    expect(answer.code).toBe(403);
    expect(messageOf(answer)).toContain(field);
    expect(messageOf(answer)).toContain("ValidatingAdmissionPolicy 'airlock-pods'");
  });

  it('no pod with another service account: if the account does not exist, the API server says so first', async () => {
    const answer = await create(withSpec({ serviceAccountName: 'x' }));

    expect(answer.code).toBe(403);
    expect(messageOf(answer)).toMatch(/spec\.serviceAccountName|serviceaccount "x" not found/);
  });

  it.each<[string, () => object]>([
    ['that is privileged', () => withContainer({ securityContext: { privileged: true } })],
    ['in the network of the host', () => withSpec({ hostNetwork: true })],
    ['with a folder of the host', () => withSpec({ volumes: [{ name: 'a', hostPath: { path: '/' } }] })],
  ])('no pod %s, not even in a namespace that enforces nothing', async (_what, body) => {
    await here().cluster.api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'lax' } });
    const asked = body() as { metadata: object };

    const answers = [
      await create(asked),
      await create({ ...asked, metadata: { ...asked.metadata, namespace: 'lax' } }, '/api/v1/namespaces/lax/pods'),
    ];

    expect(answers.map(({ code }) => code)).toEqual([403, 403]);
  });

  it('no proof pod in another namespace', async () => {
    await here().cluster.api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'lax' } });
    const answer = await create(withMetadata({ namespace: 'lax' }), '/api/v1/namespaces/lax/pods');

    expect(answer.code).toBe(403);
    // Two policies deny it, and which of them answers is not defined.
    expect(messageOf(answer)).toMatch(
      /airlock may not CREATE pods airlock-proof-|must be in the namespace airlock-system/,
    );
  });

  // A bare API server has no controller that counts.
  it.skipIf(assets)('no more proof pods at a time than the quota allows', async () => {
    const quota = {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'airlock-proof', namespace: 'airlock-system' },
    };
    const count = async () =>
      ((await ask(here().cluster.admin, 'GET', pods)).body as { items: unknown[] }).items.length;
    await here().cluster.api.apply({ ...quota, spec: { hard: { pods: String((await count()) + 1) } } });
    const answers = [await create(pod()), await create(pod())];
    await here().cluster.api.apply({ ...quota, spec: { hard: { pods: '1000' } } });

    expect(answers.map(({ code }) => code)).toEqual([201, 403]);
    expect(messageOf(answers[1] as Answered)).toContain('exceeded quota: airlock-proof, requested: pods=1');
  });
});

it('a cluster may name its own repositories, and gets only those', async () => {
  const cluster = await startCluster({ sandboxImages: ['registry.example.com:5000/mirror/pause'] });
  onTestFinished(() => cluster.stop());
  const us = await cluster.asGatekeeper();
  const create = (image: string) =>
    ask(
      us,
      'POST',
      '/api/v1/namespaces/airlock-system/pods',
      proofPod({ name: `airlock-proof-i-0123456789abcdef0-${unique()}`, nodeName: 'n', runtime: 'gvisor', image }),
    );
  const codes = [];
  for (const image of [
    'registry.example.com:5000/mirror/pause:3.10',
    'registry.k8s.io/pause:3.10',
    'registryxexample.com:5000/mirror/pause:3.10',
    'registry.example.com:5000/mirror/other:3.10',
  ]) {
    codes.push((await create(image)).code);
  }

  expect(codes).toEqual([201, 201, 403, 403]);
});
