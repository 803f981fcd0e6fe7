import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { type AccountReader, examineAccount, neededConcurrency } from '../../cli/doctor/check-account.ts';
import { differenceOf } from '../../cli/doctor/compare-objects.ts';
import { examineCluster } from '../../cli/doctor/examine-cluster.ts';
import { exitCodeOf } from '../../cli/doctor/report.ts';
import { type Diagnosis, findingCodes, findingOf, joinDiagnoses } from '../../domain/findings.ts';
import { renderManifests } from '../../kubernetes/manifests.ts';
import { manifestOptions } from '../../lib/config/manifest-options.ts';
import { loadSettings } from '../../lib/config/settings.ts';
import { RealClock } from '../../packages/local-aws/clock.ts';
import { KubernetesStandIn } from '../../packages/local-kubernetes/stand-in.ts';
import { airlock } from './airlock.ts';

const clock = new RealClock();
const standard = loadSettings();
const { gate } = standard.config;
const manifests = renderManifests(manifestOptions(standard.config));
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

const examine = (path = kubeconfig()) => examineCluster(path, true, standard);
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

    expect([diagnosis.findings, diagnosis.notChecked]).toEqual([[], []]);
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
    expect([exitCodeOf(diagnosis, 'warning'), exitCodeOf(diagnosis, 'error')]).toEqual([1, 0]);
  });
});

describe('a cluster that doctor cannot look at', () => {
  const ofCluster = findingCodes.filter((code) => findingOf(code).group === 'cluster');

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
    expect([diagnosis.findings, ofCluster.filter((code) => !open.has(code))]).toEqual([[], []]);
    for (const one of diagnosis.notChecked) expect(one.reason).toMatch(reason);
    expect(exitCodeOf(diagnosis, 'error')).toBe(3);
  });

  it('is not fine without a pool, unless files have them', async () => {
    const { notChecked } = await examineCluster(kubeconfig(), false, standard);

    expect(notChecked).toMatchObject([
      { resource: "Karpenter's pools in demo", reason: expect.stringMatching(/^no NodePool/) },
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

describe('doctor in an account', () => {
  const names = (count: number) => Array.from({ length: count }, (_, at) => `policy-${at}`);
  const account = (change: Partial<AccountReader> = {}): AccountReader => ({
    logPolicies: async () => ({ names: names(9), own: undefined }),
    unreservedConcurrency: async () => 1_000,
    ...change,
  });
  const examined = async (change?: Partial<AccountReader>) => joinDiagnoses(await examineAccount(account(change), 2));

  it('finds nothing if there is room', async () => {
    expect([(await examined()).findings, (await examined()).notChecked]).toEqual([[], []]);
  });

  it('finds that CloudWatch Logs has no room for a policy: AL0017', async () => {
    expect(seen(await examined({ logPolicies: async () => ({ names: names(10), own: undefined }) }))).toEqual([
      'AL0017 CloudWatch Logs: resource policies',
    ]);
    expect(seen(await examined({ logPolicies: async () => ({ names: names(10), own: 'policy-3' }) }))).toEqual([]);
  });

  it('finds that Lambda may run too few functions at once, as in a new account: AL0018', async () => {
    expect(seen(await examined({ unreservedConcurrency: async () => 10 }))).toEqual([
      'AL0018 Lambda: UnreservedConcurrentExecutions',
    ]);
    expect(seen(await examined({ unreservedConcurrency: async () => neededConcurrency(2) }))).toEqual([]);
  });

  it('does not take a refusal for an answer', async () => {
    const refuse = () => Promise.reject(new Error('not authorized'));
    const diagnosis = await examined({ logPolicies: refuse, unreservedConcurrency: refuse });

    expect(diagnosis.notChecked.map(({ codes, reason }) => [...codes, reason])).toEqual([
      ['AL0017', 'not authorized'],
      ['AL0018', 'not authorized'],
    ]);
    expect(exitCodeOf(diagnosis, 'error')).toBe(3);
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
  expect([code, err, open.toSorted()]).toEqual([3, '', [...findingCodes]]);
});
