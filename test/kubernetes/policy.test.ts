import {
  V1Container,
  V1NodeSpec,
  V1NodeStatus,
  V1ObjectMeta,
  V1PodSecurityContext,
  V1PodSpec,
  V1ResourceRequirements,
  V1SecurityContext,
} from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gatekeepers } from '../../domain/kubernetes.ts';
import { proofPod } from '../../domain/proof-pod.ts';
import { metadataCare, specCare, statusCare } from '../../kubernetes/node-policy.ts';
import {
  containerResources,
  containerSecurity,
  podContainer,
  podMetadata,
  podSecurity,
  podSpec,
} from '../../kubernetes/pod-policy.ts';
import { type Answered, ask, type Connection, messageOf } from '../../local/kubernetes/client.ts';
import { startCluster, type TestCluster } from '../local/kubernetes/cluster.ts';

let cluster: TestCluster;
let us: Connection;
let made = 0;

/** A cluster in which somebody gave our identity every right: what is denied here is denied by the policies alone. */
beforeAll(async () => {
  cluster = await startCluster();
  us = await cluster.asGatekeeper();
  const everything = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }];
  const rbac = 'rbac.authorization.k8s.io';
  const metadata = { name: 'everything' };
  await cluster.api.apply({ apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata, rules: everything });
  await cluster.api.apply({
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRoleBinding',
    metadata,
    subjects: [{ kind: 'Group', name: gatekeepers, apiGroup: rbac }],
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'everything' },
  });
});
afterAll(() => cluster.stop());

const proven = 'node-restriction.kubernetes.io~1airlock-runtime';
const receipt = 'airlock.dev~1receipt';
const gateIs = { op: 'test', path: '/spec/taints/1/key', value: 'airlock.dev/bootstrap' };

/** A Node with one thing of everything, as an administrator would have it. */
async function node(): Promise<string> {
  const name = `node-${made++}`;
  const body = {
    metadata: {
      name,
      labels: { team: 'a', 'airlock.dev/runtime': 'gvisor', 'airlock.dev/state': 'quarantined' },
      annotations: { note: 'x' },
      finalizers: ['example.com/keep'],
    },
    spec: {
      providerID: `aws:///a/i-${name}`,
      taints: [
        { key: 'team', value: 'a', effect: 'NoSchedule' },
        { key: 'airlock.dev/bootstrap', value: 'true', effect: 'NoSchedule' },
      ],
    },
    status: {
      capacity: { cpu: '2' },
      conditions: [{ type: 'Ready', status: 'True' }],
      runtimeHandlers: [{ name: 'runsc' }],
    },
  };
  const answer = await ask(cluster.admin, 'POST', '/api/v1/nodes', body);
  if (answer.code !== 201) throw new Error(messageOf(answer));
  return name;
}

async function change(operations: readonly object[], subresource = ''): Promise<Answered> {
  return await ask(us, 'PATCH', `/api/v1/nodes/${await node()}${subresource}`, operations);
}

const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'a', uid: 'u' };
const add = (path: string, value: unknown) => ({ op: 'add', path, value });
const gone = (path: string) => ({ op: 'remove', path });
const release = [
  gateIs,
  add(`/metadata/labels/${proven}`, 'gvisor'),
  add(`/metadata/annotations/${receipt}`, '{}'),
  gone('/spec/taints/1'),
];

describe('on a Node our identity may', () => {
  test.each<[string, readonly object[]]>([
    [
      'set its labels',
      [add(`/metadata/labels/${proven}`, 'gvisor'), add('/metadata/labels/airlock.dev~1state', 'released')],
    ],
    ['remove its labels', [gone('/metadata/labels/airlock.dev~1state')]],
    ['write its annotation', [add(`/metadata/annotations/${receipt}`, '{}')]],
    ['add its taint', [add('/spec/taints/-', { key: 'airlock.dev/quarantined', effect: 'NoSchedule' })]],
    ['lift the gate together with the label and the receipt', release],
    ['write from the version that it read', [{ op: 'test', path: '/metadata/labels/team', value: 'a' }]],
  ])('%s', async (_what, operations) => {
    const answer = await change(operations);

    expect([answer.code, messageOf(answer)]).toEqual([200, expect.any(String)]);
  });
});

describe('on a Node our identity may not', () => {
  const label = 'airlock may not change this label of a node: ';
  const taint = 'airlock may not change this taint of a node: ';
  test.each<[string, readonly object[], string]>([
    ['add a label of another', [add('/metadata/labels/other', 'x')], `${label}other`],
    ['change a label of another', [add('/metadata/labels/team', 'b')], `${label}team`],
    ['remove a label of another', [gone('/metadata/labels/team')], `${label}team`],
    [
      'change the label of the pool',
      [add('/metadata/labels/airlock.dev~1runtime', 'kata')],
      `${label}airlock.dev/runtime`,
    ],
    [
      'remove a label of its own while it adds one of another',
      [gone('/metadata/labels/airlock.dev~1state'), add('/metadata/labels/airlock.dev~1states', 'x')],
      `${label}airlock.dev/states`,
    ],
    ['replace all labels', [add('/metadata/labels', { [proven.replace('~1', '/')]: 'gvisor' })], label],
    ['call something else a runtime', [add(`/metadata/labels/${proven}`, 'docker')], 'to a runtime only'],
    ['add an annotation of another', [add('/metadata/annotations/other', 'x')], 'this annotation of a node: other'],
    ['remove an annotation of another', [gone('/metadata/annotations/note')], 'this annotation of a node: note'],
    ['remove a taint of another', [gone('/spec/taints/0')], `${taint}team`],
    ['change a taint of another', [add('/spec/taints/0/value', 'b')], `${taint}team`],
    ['add a taint of another', [add('/spec/taints/-', { key: 'other', effect: 'NoSchedule' })], `${taint}other`],
    [
      'put another taint in the place of one',
      [add('/spec/taints/-', { key: 'other', effect: 'NoSchedule' }), gone('/spec/taints/0')],
      taint,
    ],
    [
      'add its taint so that pods are evicted',
      [add('/spec/taints/-', { key: 'airlock.dev/quarantined', effect: 'NoExecute' })],
      'with the effect NoSchedule and no value only',
    ],
    [
      'turn the gate into one that evicts',
      [add('/spec/taints/1/effect', 'NoExecute')],
      'with the effect NoSchedule and no value only',
    ],
    ['lift the gate alone', [gateIs, gone('/spec/taints/1')], 'may lift the gate airlock.dev/bootstrap only together'],
    ['lift the gate without the receipt', release.filter(({ path }) => !path.includes(receipt)), 'only together'],
    ['lift the gate without the label', release.filter(({ path }) => !path.includes(proven)), 'only together'],
    ['cordon it', [add('/spec/unschedulable', true)], 'this field of the spec of a node: unschedulable'],
    [
      'add a finalizer',
      [add('/metadata/finalizers/-', 'a.example/b')],
      'this field of the metadata of a node: finalizers',
    ],
    ['remove a finalizer', [gone('/metadata/finalizers')], 'this field of the metadata of a node: finalizers'],
    ['give it an owner', [add('/metadata/ownerReferences', [owner])], 'metadata of a node: ownerReferences'],
  ])('%s', async (_what, operations, words) => {
    const answer = await change(operations);

    expect([answer.code, messageOf(answer)]).toEqual([403, expect.stringContaining(words)]);
    expect(messageOf(answer)).toContain(
      "ValidatingAdmissionPolicy 'airlock-nodes' with binding 'airlock-nodes' denied request: ",
    );
  });

  test('change the order of taints of others without adding or removing one', async () => {
    const name = await node();
    const two = [
      { key: 'a', effect: 'NoSchedule' },
      { key: 'b', effect: 'NoSchedule' },
    ];
    await ask(cluster.admin, 'PATCH', `/api/v1/nodes/${name}`, [add('/spec/taints', two)]);

    const answer = await ask(us, 'PATCH', `/api/v1/nodes/${name}`, [add('/spec/taints', two.toReversed())]);

    expect([answer.code, messageOf(answer)]).toEqual([403, expect.stringContaining('the order of the taints')]);
  });

  test.each<[string, object, string]>([
    ['a label', add('/metadata/labels/other', 'x'), 'this label of a node: other'],
    ['an annotation', add('/metadata/annotations/other', 'x'), 'this annotation of a node: other'],
    ['a finalizer', gone('/metadata/finalizers'), 'metadata of a node: finalizers'],
    ['the capacity', add('/status/capacity/cpu', '64'), 'this field of the status of a node: capacity'],
    ['the handlers', gone('/status/runtimeHandlers'), 'this field of the status of a node: runtimeHandlers'],
    ['a condition', add('/status/conditions/0/status', 'False'), 'this condition of a node: Ready'],
    ['a condition of its own', add('/status/conditions/-', { type: 'AirlockReady', status: 'True' }), 'AirlockReady'],
  ])('change %s by way of the status', async (_what, operation, words) => {
    const answer = await change([operation], '/status');

    expect([answer.code, messageOf(answer)]).toEqual([403, expect.stringContaining(words)]);
  });
});

describe('our identity may make', () => {
  const pods = '/api/v1/namespaces/airlock-system/pods';
  const plan = { nodeName: 'n', runtime: 'gvisor', image: 'registry.k8s.io/pause:3.10' } as const;
  const name = () => `airlock-proof-i-0123456789abcdef0-${made++}`;
  const pod = () => proofPod({ ...plan, name: name() });
  const create = (body: object, path = pods) => ask(us, 'POST', path, body);
  const withSpec = (change: object) => {
    const whole = pod();
    return { ...whole, spec: { ...whole.spec, ...change } };
  };
  const withContainer = (change: object) => withSpec({ containers: [{ ...pod().spec.containers[0], ...change }] });
  const withMetadata = (change: object) => {
    const whole = pod();
    return { ...whole, metadata: { ...whole.metadata, ...change } };
  };

  test.each<[string, string]>([
    ['Debian', 'registry.k8s.io/pause:3.10'],
    ['EKS', '602401143452.dkr.ecr.eu-central-1.amazonaws.com/eks/pause:3.10'],
    ['a mirror', 'docker.io/rancher/mirrored-pause:3.6'],
    ['a mirror by digest', `localhost:5000/pause@sha256:${'0'.repeat(64)}`],
  ])('the proof pod with the sandbox image of %s', async (_who, image) => {
    const answer = await create(proofPod({ ...plan, name: name(), image }));

    expect([answer.code, messageOf(answer)]).toEqual([201, expect.any(String)]);
  });

  test('the proof pod of Sysbox, and one of Kata with its overhead', async () => {
    for (const [runtime, className] of [
      ['sysbox', 'sysbox-runc'],
      ['kata', 'kata-qemu'],
    ] as const) {
      await cluster.api.apply({
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

  test('and delete it', async () => {
    const proof = pod();
    await create(proof);

    expect((await ask(us, 'DELETE', `${pods}/${proof.metadata.name}`)).code).toBe(200);
  });

  test.each<[string, () => object, string]>([
    ['with another name', () => withMetadata({ name: 'airlock-proof-x' }), 'metadata.name'],
    ['with another label', () => withMetadata({ labels: { ...pod().metadata.labels, a: 'b' } }), 'metadata.labels'],
    ['with an annotation', () => withMetadata({ annotations: { a: 'b' } }), 'metadata.annotations'],
    ['with a finalizer', () => withMetadata({ finalizers: ['a.example/b'] }), 'metadata.finalizers'],
    ['with an owner', () => withMetadata({ ownerReferences: [owner] }), 'metadata.ownerReferences'],
    ['of another image', () => withContainer({ image: 'busybox:1' }), 'spec.containers[0].image'],
    [
      'of an image that ends in the same way',
      () => withContainer({ image: 'evil.example/notpause:1' }),
      'spec.containers[0].image',
    ],
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

    expect([answer.code, messageOf(answer)]).toEqual([403, expect.stringContaining(field)]);
    expect(messageOf(answer)).toContain("ValidatingAdmissionPolicy 'airlock-pods'");
  });

  test('no pod with another service account: where it is not there, the API server says so first', async () => {
    const answer = await create(withSpec({ serviceAccountName: 'x' }));

    expect(answer.code).toBe(403);
    expect(messageOf(answer)).toMatch(/spec\.serviceAccountName|serviceaccount "x" not found/);
  });

  test.each<[string, () => object]>([
    ['that is privileged', () => withContainer({ securityContext: { privileged: true } })],
    ['in the network of the host', () => withSpec({ hostNetwork: true })],
    ['with a folder of the host', () => withSpec({ volumes: [{ name: 'a', hostPath: { path: '/' } }] })],
  ])('no pod %s, and in a namespace that enforces nothing neither', async (_what, body) => {
    await cluster.api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'lax' } });
    const here = body() as { metadata: object };

    const answers = [
      await create(here),
      await create({ ...here, metadata: { ...here.metadata, namespace: 'lax' } }, '/api/v1/namespaces/lax/pods'),
    ];

    expect(answers.map(({ code }) => code)).toEqual([403, 403]);
  });

  test('no proof pod in another namespace', async () => {
    await cluster.api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'lax' } });
    const answer = await create(withMetadata({ namespace: 'lax' }), '/api/v1/namespaces/lax/pods');

    expect([answer.code, messageOf(answer)]).toEqual([
      403,
      expect.stringContaining('airlock may not CREATE pods airlock-proof-'),
    ]);
  });
});

describe('with every right of RBAC our identity may not', () => {
  test.each<[string, () => Promise<Answered>, string]>([
    [
      'make a Node',
      () => ask(us, 'POST', '/api/v1/nodes', { metadata: { name: 'forged' } }),
      'airlock may not CREATE nodes forged',
    ],
    [
      'delete a Node',
      async () => ask(us, 'DELETE', `/api/v1/nodes/${await node()}`),
      'airlock may not DELETE nodes node-',
    ],
    [
      'delete a pod of another',
      async () => {
        await ask(cluster.admin, 'POST', '/api/v1/namespaces/default/pods', {
          metadata: { name: 'theirs' },
          spec: { containers: [{ name: 'a', image: 'b' }] },
        });
        return await ask(us, 'DELETE', '/api/v1/namespaces/default/pods/theirs');
      },
      'airlock may not DELETE pods theirs',
    ],
    [
      'write how a pod is',
      async () => {
        const proof = proofPod({
          name: `airlock-proof-i-01234567-${made++}`,
          nodeName: 'n',
          runtime: 'gvisor',
          image: 'pause',
        });
        await ask(us, 'POST', '/api/v1/namespaces/airlock-system/pods', proof);
        const path = `/api/v1/namespaces/airlock-system/pods/${proof.metadata.name}/status`;
        return await ask(us, 'PATCH', path, [add('/status/phase', 'Running')]);
      },
      'airlock may not UPDATE pods/status airlock-proof-',
    ],
    [
      'put its own label on a pod',
      async () => {
        const name = `airlock-proof-i-01234567-${made++}`;
        const proof = proofPod({ name, nodeName: 'n', runtime: 'gvisor', image: 'pause' });
        await ask(us, 'POST', '/api/v1/namespaces/airlock-system/pods', proof);
        const label = add(`/metadata/labels/${proven}`, 'gvisor');
        return await ask(us, 'PATCH', `/api/v1/namespaces/airlock-system/pods/${name}`, [label]);
      },
      'airlock may not UPDATE pods airlock-proof-',
    ],
    [
      'change what Airlock itself applied',
      () => {
        const space = {
          apiVersion: 'v1',
          kind: 'Namespace',
          metadata: { name: 'airlock-system', labels: { [proven.replace('~1', '/')]: 'gvisor' } },
        };
        const path = '/api/v1/namespaces/airlock-system?fieldManager=x&force=true';
        return ask(us, 'PATCH', path, space, 'application/apply-patch+yaml');
      },
      'airlock may not UPDATE namespaces airlock-system',
    ],
    [
      'give anybody a right',
      () => {
        const role = {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'ClusterRole',
          metadata: { name: 'more' },
          rules: [],
        };
        const path = '/apis/rbac.authorization.k8s.io/v1/clusterroles/more?fieldManager=x';
        return ask(us, 'PATCH', path, role, 'application/apply-patch+yaml');
      },
      'airlock may not CREATE clusterroles more',
    ],
    [
      'write an Event elsewhere',
      () =>
        ask(us, 'POST', '/api/v1/namespaces/airlock-system/events', {
          metadata: { generateName: 'x' },
          involvedObject: { namespace: 'airlock-system' },
        }),
      'airlock may not CREATE events',
    ],
  ])('%s', async (_what, request, words) => {
    const answer = await request();

    expect([answer.code, messageOf(answer)]).toEqual([403, expect.stringContaining(words)]);
  });
});

describe('where node-readiness-controller owns the gate', () => {
  const gate = 'readiness.k8s.io/airlock';
  let other: TestCluster;
  beforeAll(async () => {
    other = await startCluster({ gate });
    await ask(other.admin, 'POST', '/api/v1/nodes', {
      metadata: { name: 'n', labels: { a: 'b' }, annotations: { a: 'b' } },
      spec: { taints: [{ key: gate, effect: 'NoSchedule' }] },
      status: { conditions: [{ type: 'Ready', status: 'True' }] },
    });
  });
  afterAll(() => other.stop());
  const patch = async (path: string, operations: readonly object[]) =>
    ask(await other.asGatekeeper(), 'PATCH', `/api/v1/nodes/n${path}`, operations);

  test('our identity may publish its own condition', async () => {
    const answer = await patch('/status', [add('/status/conditions/-', { type: 'AirlockReady', status: 'True' })]);

    expect(answer.code).toBe(200);
  });

  test.each<[string, string, object, string]>([
    [
      'change the condition of another',
      '/status',
      add('/status/conditions/0/status', 'False'),
      'condition of a node: Ready',
    ],
    ['change the capacity', '/status', add('/status/capacity', { cpu: '64' }), 'status of a node: capacity'],
    ['lift the gate', '', gone('/spec/taints/0'), `taint of a node: ${gate}`],
    ['set a label of another by way of the status', '/status', add('/metadata/labels/a', 'c'), 'label of a node: a'],
  ])('our identity may not %s', async (_what, path, operation, words) => {
    const answer = await patch(path, [operation]);

    expect([answer.code, messageOf(answer)]).toEqual([403, expect.stringContaining(words)]);
  });
});

test('nobody else is touched by the policies', async () => {
  const answer = await ask(cluster.admin, 'PATCH', `/api/v1/nodes/${await node()}`, [
    add('/metadata/labels/other', 'x'),
    add('/spec/unschedulable', true),
    gone('/spec/taints'),
  ]);

  expect(answer.code).toBe(200);
});

test.each([
  ['metadata of a Node', V1ObjectMeta, metadataCare],
  ['spec of a Node', V1NodeSpec, specCare],
  ['status of a Node', V1NodeStatus, statusCare],
  ['metadata of a pod', V1ObjectMeta, podMetadata],
  ['spec of a pod', V1PodSpec, podSpec],
  ['security context of a pod', V1PodSecurityContext, podSecurity],
  ['container', V1Container, podContainer],
  ['security context of a container', V1SecurityContext, containerSecurity],
  ['resources of a container', V1ResourceRequirements, containerResources],
])('every field of the %s in the schema of the API is listed', (_what, model, listed) => {
  const fields = model.getAttributeTypeMap().map(({ baseName }) => baseName);

  expect(Object.keys(listed).sort()).toEqual(fields.sort());
});
