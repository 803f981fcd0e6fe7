import { checkDaemonSets } from '../../../domain/doctor/check-daemon-sets.ts';
import { checkHosts } from '../../../domain/doctor/check-host.ts';
import { checkManifests } from '../../../domain/doctor/check-manifests.ts';
import { checkRuntimeClasses } from '../../../domain/doctor/check-runtime-classes.ts';
import { type FindingCode, joinDiagnoses } from '../../../domain/findings.ts';
import { renderManifests } from '../../../kubernetes/manifests.ts';
import { examineClusters } from '../../../lambdas/doctor/examine-account.ts';
import type { DoctorReader } from '../../../lambdas/doctor/ports.ts';
import { config, standard, written } from '../files.ts';
import { reader, refused } from '../reader.ts';
import type { FindingCase } from './case.ts';
import { noCluster } from './pools.ts';

const gate = 'airlock.dev/bootstrap';
const manifests = renderManifests({ runtimes: ['gvisor'], gate });
const policies = manifests.filter(({ kind }) => kind === 'ValidatingAdmissionPolicy');
const compared = (objects: readonly unknown[]) => () =>
  checkManifests('ValidatingAdmissionPolicy', objects, 'demo', manifests);
const runtimeClass = manifests.find(({ kind }) => kind === 'RuntimeClass');
const classes = (change: object) => () =>
  checkRuntimeClasses([{ object: { ...runtimeClass, ...change }, source: 'demo' }], gate);
const blind = { 'a cluster that is not in the kubeconfig': noCluster };

const daemonSets =
  (...specs: readonly object[]) =>
  () =>
    checkDaemonSets(
      specs.map((spec, at) => ({
        metadata: { name: `d${at}`, namespace: 'kube-system' },
        spec: { template: { spec } },
      })),
      'demo',
      standard(),
    );

const clusters =
  (found: Partial<NonNullable<Awaited<ReturnType<DoctorReader['cluster']>>>>, airlockYaml?: string) => async () => {
    const usual = await reader().cluster('CLUSTER');
    const answering = reader({ cluster: async () => usual && { ...usual, ...found } });
    return joinDiagnoses(await Promise.all(examineClusters(answering, standard(airlockYaml ?? config()))));
  };
const inPrivate = () => written('private.yaml', 'clusters: [{ name: CLUSTER, private: true }]');
const unknown = async () =>
  joinDiagnoses(await Promise.all(examineClusters(reader({ cluster: async () => undefined }), standard())));
const eks = {
  right: {
    'a public endpoint': clusters({}),
    'a private endpoint, and private: true': () =>
      clusters({ publicAccess: false, privateAccess: true }, inPrivate())(),
  },
  blind: {
    'EKS refuses': async () =>
      joinDiagnoses(await Promise.all(examineClusters(reader({ cluster: refused }), standard()))),
  },
};

const nodeInfo = {
  osImage: 'Ubuntu 24.04.3 LTS',
  kernelVersion: '6.14.0-1016-aws',
  containerRuntimeVersion: 'containerd://2.2.1',
  kubeletVersion: 'v1.34.1',
  architecture: 'amd64',
};
const host = (change: object, labels: object = { 'airlock.dev/runtime': 'gvisor' }) =>
  checkHosts(
    [{ metadata: { name: 'n', labels }, status: { nodeInfo: { ...nodeInfo, ...change } } }],
    'demo',
    standard(),
  );

/** The catalogue's answers for running nodes: a second way to a finding whose case is a pool's. */
export const hosts = {
  broken: { 'a containerd that is too new': () => host({ containerRuntimeVersion: 'containerd://2.4.0' }) },
  right: {
    'a proven host': () => host({}),
    "a node without Airlock's label": () => host({ containerRuntimeVersion: 'containerd://2.4.0' }, {}),
    'a host that the catalogue has no rule for': () => host({ osImage: 'Debian GNU/Linux 13' }),
  },
  blind,
} satisfies FindingCase;

export const clusterCases = {
  AL0012: {
    broken: {
      'a selector that no pool declares': classes({ scheduling: { nodeSelector: { sandbox: 'gvisor' } } }),
      'a label that a node gets only at its release': classes({
        scheduling: { nodeSelector: { 'node-restriction.kubernetes.io/airlock-runtime': 'gvisor' } },
      }),
    },
    right: { 'as Airlock renders it': classes({}) },
    blind,
  },
  AL0013: {
    broken: {
      'a toleration of everything': classes({
        scheduling: { nodeSelector: { 'airlock.dev/runtime': 'gvisor' }, tolerations: [{ operator: 'Exists' }] },
      }),
    },
    right: {
      'as Airlock renders it': classes({}),
      'a toleration of another taint': classes({
        scheduling: {
          nodeSelector: { 'airlock.dev/runtime': 'gvisor' },
          tolerations: [{ key: 'team', operator: 'Exists' }],
        },
      }),
    },
    blind,
  },
  AL0014: {
    broken: { 'a policy is missing': compared(policies.slice(1)) },
    right: { 'all are there': compared(policies) },
    blind,
  },
  AL0015: {
    broken: {
      'a policy without one of its validations': () => {
        const [first, ...others] = structuredClone(policies) as { spec: { validations: unknown[] } }[];
        first?.spec.validations.pop();
        return compared([first, ...others])();
      },
    },
    right: {
      'all are as applied': compared(policies),
      'the API server added its defaults': compared(
        policies.map((one) => ({ ...one, metadata: { ...one.metadata, uid: 'u' }, status: {} })),
      ),
    },
    blind,
  },
  AL0016: {
    broken: { 'one that tolerates nothing': daemonSets({ nodeSelector: { 'kubernetes.io/os': 'linux' } }) },
    right: {
      'one that tolerates everything': daemonSets({ tolerations: [{ operator: 'Exists' }] }),
      'one that tolerates the gate': daemonSets({ tolerations: [{ key: gate, operator: 'Exists' }] }),
      'one of other nodes': daemonSets({ nodeSelector: { 'kubernetes.io/os': 'windows' } }),
    },
    blind,
  },
  AL0031: {
    ...eks,
    broken: {
      'a private endpoint only': clusters({ publicAccess: false, privateAccess: true }),
      'a public endpoint for an office': clusters({ publicAccessCidrs: ['203.0.113.0/24'] }),
      'private: true without a private endpoint': () => clusters({}, inPrivate())(),
    },
  },
  AL0032: {
    ...eks,
    right: { ...eks.right, 'both modes': clusters({ authenticationMode: 'API_AND_CONFIG_MAP' }) },
    broken: { 'the config map only': clusters({ authenticationMode: 'CONFIG_MAP' }) },
  },
  AL0033: {
    ...eks,
    right: { ...eks.right, 'the first that is new enough': clusters({ version: '1.30' }) },
    broken: { 'one that is too old': clusters({ version: '1.29' }) },
  },
  AL0034: { ...eks, broken: { 'a name that EKS does not know': unknown } },
} satisfies Partial<Record<FindingCode, FindingCase>>;
