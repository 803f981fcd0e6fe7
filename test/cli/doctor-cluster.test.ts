import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EC2NodeClass, type IEC2NodeClass } from '@kubernetes-models/karpenter/karpenter.k8s.aws/v1';
import { type INodePool, NodePool } from '@kubernetes-models/karpenter/karpenter.sh/v1';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { examineCluster } from '../../cli/doctor/examine-cluster.ts';
import { examineDeployment } from '../../cli/doctor/examine-deployment.ts';
import { exitCodeOf } from '../../cli/doctor/report.ts';
import { differenceOf } from '../../domain/doctor/compare-objects.ts';
import { type Diagnosis, findingCodes } from '../../domain/findings.ts';
import { renderManifests } from '../../kubernetes/manifests.ts';
import { standardOf } from '../../lib/config/doctor-standard.ts';
import { manifestOptions } from '../../lib/config/manifest-options.ts';
import { loadSettings } from '../../lib/config/settings.ts';
import { RealClock } from '../../packages/local-aws/clock.ts';
import { KubernetesStandIn } from '../../packages/local-kubernetes/stand-in.ts';
import { changedDocuments } from '../doctor/files.ts';
import { reader } from '../doctor/reader.ts';
import { airlock } from './airlock.ts';

const clock = new RealClock();
const settings = loadSettings();
const { gate } = settings.config;
const manifests = renderManifests(manifestOptions(settings.config));
const standard = { ...standardOf(settings), catalogue: settings.catalogue, manifests };
let folder: string;
let cluster: KubernetesStandIn;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'airlock-doctor-'));
});
beforeEach(async () => {
  cluster = await KubernetesStandIn.start({
    clock,
    clusterName: 'demo',
    accessEntries: [],
    secretOf: () => undefined,
    manifests,
  });
  return () => cluster.stop();
});
afterAll(() => {
  clock.stop();
  rmSync(folder, { recursive: true });
});

/** A kubeconfig for a member of some groups. @returns its path */
function kubeconfig(groups = ['system:masters'], server = cluster.endpoint): string {
  const path = join(folder, 'kubeconfig');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'demo',
    clusters: [{ name: 'demo', cluster: { server, 'certificate-authority-data': cluster.caBase64 } }],
    users: [{ name: 'someone', user: { token: cluster.tokenFor('someone', groups) } }],
    contexts: [{ name: 'demo', context: { cluster: 'demo', user: 'someone' } }],
  };
  writeFileSync(path, stringify(config));
  return path;
}

const examine = async (path = kubeconfig()) => (await examineCluster(path, [], standard)).diagnosis;
const deployment = () =>
  examineDeployment(
    reader(),
    kubeconfig(),
    undefined,
    { ...standard, artifacts: [], mirrored: [], settings },
    Date.now(),
  );
const seen = ({ findings }: Diagnosis) => findings.map(({ code, resource, field }) => `${code} ${resource}: ${field}`);

function manifest(kind: string, name: string) {
  const found = manifests.find((one) => one.kind === kind && one.metadata?.name === name);
  if (found === undefined) throw new Error(`no manifest ${kind} ${name}`);
  return structuredClone(found) as Record<string, never>;
}

const daemonSet = (name: string, spec: object) => ({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name, namespace: 'kube-system' },
  spec: { selector: { matchLabels: { app: name } }, template: { metadata: { labels: { app: name } }, spec } },
});

describe('doctor in a cluster', () => {
  it('finds nothing in one that has what Airlock applies', async () => {
    const diagnosis = await examine();

    expect(diagnosis.findings).toEqual([]);
    expect(diagnosis.notChecked).toEqual([]);
    expect(diagnosis.checked).toEqual(
      expect.arrayContaining(manifests.map((one) => `${one.kind} ${one.metadata?.name} in demo`)),
    );
  });

  it('finds what is missing: AL0014', async () => {
    await cluster.stop();
    const without = manifests.filter(({ kind }) => kind !== 'ValidatingAdmissionPolicyBinding');
    const options = { clock, clusterName: 'demo', accessEntries: [], secretOf: () => undefined, manifests: without };
    cluster = await KubernetesStandIn.start(options);

    expect(seen(await examine())).toEqual(
      ['airlock-nodes', 'airlock-pods', 'airlock-events', 'airlock-elsewhere'].map(
        (name) => `AL0014 ValidatingAdmissionPolicyBinding ${name} in demo: metadata.name`,
      ),
    );
  });

  it('finds an admission policy that was edited, a binding of another policy, and a label that is gone: AL0015', async () => {
    const policy = manifest('ValidatingAdmissionPolicy', 'airlock-nodes');
    const { validations, ...rest } = Object(policy['spec']);
    cluster.apply({ ...policy, spec: { ...rest, validations: validations.slice(1) } });
    const binding = manifest('ValidatingAdmissionPolicyBinding', 'airlock-pods');
    cluster.apply({ ...binding, spec: { ...Object(binding['spec']), policyName: 'other' } });
    const namespace = manifest('Namespace', 'airlock-system');
    const { 'pod-security.kubernetes.io/enforce': _, ...labels } = Object(namespace['metadata']).labels;
    cluster.apply({ ...namespace, metadata: { name: 'airlock-system', labels } });

    expect(seen(await examine())).toEqual([
      'AL0015 Namespace airlock-system in demo: metadata.labels.pod-security.kubernetes.io/enforce',
      'AL0015 ValidatingAdmissionPolicy airlock-nodes in demo: spec.validations',
      'AL0015 ValidatingAdmissionPolicyBinding airlock-pods in demo: spec.policyName',
    ]);
  });

  it('finds a RuntimeClass that selects another label, or tolerates the gate: AL0012 and AL0013', async () => {
    const runtimeClass = manifest('RuntimeClass', 'gvisor');
    cluster.apply({
      ...runtimeClass,
      scheduling: { nodeSelector: { sandbox: 'gvisor' }, tolerations: [{ key: gate, operator: 'Exists' }] },
    });

    expect(seen(await examine())).toEqual([
      'AL0015 RuntimeClass gvisor in demo: scheduling.nodeSelector.airlock.dev/runtime',
      'AL0012 RuntimeClass gvisor in demo: scheduling.nodeSelector',
      'AL0013 RuntimeClass gvisor in demo: scheduling.tolerations',
    ]);
  });

  it('finds DaemonSets of the pools that do not tolerate the gate, and no others: AL0016', async () => {
    cluster.apply(daemonSet('cni', { tolerations: [{ operator: 'Exists' }] }));
    cluster.apply(daemonSet('logs', { tolerations: [{ key: gate, operator: 'Exists' }] }));
    cluster.apply(daemonSet('windows', { nodeSelector: { 'kubernetes.io/os': 'windows' } }));
    cluster.apply(daemonSet('csi', { nodeSelector: { 'kubernetes.io/os': 'linux' } }));

    const diagnosis = await examine();
    expect(seen(diagnosis)).toEqual(['AL0016 DaemonSet kube-system/csi in demo: spec.template.spec.tolerations']);
    expect(exitCodeOf(diagnosis, 'warning')).toBe(1);
    expect(exitCodeOf(diagnosis, 'error')).toBe(0);
  });
});

describe('a cluster that doctor cannot look at', () => {
  const ofCluster = ['AL0012', 'AL0013', 'AL0014', 'AL0015', 'AL0016', 'AL0020', 'AL0023'] as const;

  it.each([
    [
      'does not answer',
      () => kubeconfig(undefined, 'https://127.0.0.1:9'),
      /^https:\/\/127\.0\.0\.1:9 does not answer: /,
    ],
    ['refuses', () => kubeconfig(['strangers']), / answers 403 to a list of .*: .*forbidden/],
    ['is not in the kubeconfig', () => join(folder, 'missing'), /^the kubeconfig cannot be read: /],
  ])('leaves every finding open, and the exit code is 3: it %s', async (_, path, reason) => {
    const diagnosis = await examine(path());

    const open = new Set(diagnosis.notChecked.flatMap(({ codes }) => codes));
    expect(diagnosis.findings).toEqual([]);
    expect(ofCluster.filter((code) => !open.has(code))).toEqual([]);
    for (const one of diagnosis.notChecked) expect(one.reason).toMatch(reason);
    expect(exitCodeOf(diagnosis, 'error')).toBe(3);
  });

  it('is not fine without a pool, unless files have them', async () => {
    const { notChecked } = await deployment();

    expect(notChecked).toMatchObject([{ resource: 'pools', reason: expect.stringMatching(/^no NodePool/) }]);
  });
});

describe("Karpenter's pools in a cluster", () => {
  const documents = changedDocuments('karpenter/gvisor.yaml', [
    [0, ['spec', 'metadataOptions', 'httpPutResponseHopLimit'], 2],
    [1, ['spec', 'template', 'spec', 'startupTaints']],
  ]);

  beforeEach(() => {
    for (const name of ['nodepools.karpenter.sh', 'ec2nodeclasses.karpenter.k8s.aws']) {
      const definition = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' };
      cluster.apply({ ...definition, metadata: { name } });
    }
    // The stand-in takes custom objects as they are: Karpenter's schemas say whether a real cluster would.
    const [nodeClass, nodePool] = documents;
    new EC2NodeClass(nodeClass as IEC2NodeClass).validate();
    new NodePool(nodePool as INodePool).validate();
    for (const object of documents) cluster.apply(object);
  });

  it('are none in a cluster without the definitions of Karpenter', async () => {
    await cluster.stop();
    const options = { clock, clusterName: 'demo', accessEntries: [], secretOf: () => undefined, manifests };
    cluster = await KubernetesStandIn.start(options);

    const { diagnosis, pools } = await examineCluster(kubeconfig(), [], standard);
    expect(pools).toEqual([]);
    expect(diagnosis.findings).toEqual([]);
    expect(diagnosis.notChecked).toEqual([]);
  });

  it('are held against airlock.yaml with their node classes', async () => {
    const diagnosis = await deployment();

    expect(diagnosis.notChecked).toEqual([]);
    // The profile of the example is CLUSTER_*, and airlock.yaml names others.
    expect(seen(diagnosis).filter((line) => line.includes('NodePool'))).toEqual([
      'AL0001 NodePool airlock-gvisor in demo: spec.template.spec.startupTaints',
      'AL0008 NodePool airlock-gvisor in demo: EC2NodeClass airlock-gvisor: spec.metadataOptions.httpPutResponseHopLimit',
      'AL0009 NodePool airlock-gvisor in demo: EC2NodeClass airlock-gvisor: spec.instanceProfile',
    ]);
  });

  it('drift once a file with other fields is applied: AL0020', async () => {
    const files = documents.map((object) => ({ object, source: 'pools.yaml' }));
    const changed = changedDocuments('karpenter/gvisor.yaml', [[0, ['spec', 'tags', 'team'], 'red']]);
    const others = changed.map((object) => ({ object, source: 'pools.yaml' }));
    const drifted = async (objects: typeof files) => {
      const { diagnosis } = await examineCluster(kubeconfig(), objects, standard);
      return seen(diagnosis).filter((line) => line.startsWith('AL0020'));
    };

    expect(await drifted(files)).toEqual([]);
    expect(await drifted(others)).toEqual([
      'AL0020 EC2NodeClass airlock-gvisor in pools.yaml: spec.metadataOptions, spec.tags',
      'AL0020 NodePool airlock-gvisor in pools.yaml: spec.template.startupTaints',
    ]);
  });
});

describe('differences between a manifest and an object', () => {
  const wanted = { kind: 'A', metadata: { name: 'a' }, spec: { rules: [{ verbs: ['get'] }] } };

  it.each([
    [{ ...wanted, metadata: { name: 'a', uid: 'u' }, status: { x: 1 } }, undefined],
    [{ ...wanted, spec: { rules: [{ verbs: ['get'], scope: '*' }], matchPolicy: 'Equivalent' } }, undefined],
    [{ ...wanted, spec: { rules: [{ verbs: ['get', 'patch'] }] } }, 'spec.rules[0].verbs'],
    [{ ...wanted, spec: { rules: [{ verbs: ['get'] }, {}] } }, 'spec.rules'],
    [
      { ...wanted, spec: { rules: [{ verbs: ['get'] }], matchResources: { namespaceSelector: { a: 1 } } } },
      'spec.matchResources',
    ],
    [{ ...wanted, spec: { rules: [{ verbs: ['get'] }], matchPolicy: 'Exact' } }, 'spec.matchPolicy'],
  ])('of %j are %s', (live, path) => {
    expect(differenceOf(wanted, live)).toBe(path);
  });
});

it('airlock doctor without credentials and without a cluster ends with 3', async () => {
  const bare = {
    PATH: process.env['PATH'],
    HOME: folder,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_REGION: 'eu-central-1',
  };
  const { code, out, err } = await airlock(['doctor', '--json', '--kubeconfig', join(folder, 'none')], bare);

  const open = JSON.parse(out).notChecked.flatMap(({ codes }: { codes: string[] }) => codes);
  // The sample has no mirror to look at, and names no pool.
  const looked = findingCodes.filter((one) => !['AL0037', 'AL0039'].includes(one));
  expect(code).toBe(3);
  expect(err).toBe('');
  expect([...new Set(open)].toSorted()).toEqual(looked);
});
