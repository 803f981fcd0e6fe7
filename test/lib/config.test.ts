import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configSchema } from '../../cli/pages/config-schema.ts';
import { checkRegion } from '../../lib/config/check-region.ts';
import { commentedConfig, sampleSettings } from '../../lib/config/commented.ts';
import { ConfigError } from '../../lib/config/config-error.ts';
import { descriptions } from '../../lib/config/descriptions.ts';
import { loadConfig, parseConfig } from '../../lib/config/load.ts';
import { ConfigSchema } from '../../lib/config/schema.ts';

function faultsOf(text: string): string[] {
  try {
    parseConfig(text);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message.split('\n');
  }
  return [];
}

/** Nine levels of nine aliases each. */
function bomb(): string {
  const levels = Array.from({ length: 9 }, (_, index) => {
    const below = index === 0 ? '"x"' : `*l${index - 1}`;
    return `l${index}: &l${index} [${Array(9).fill(below).join(', ')}]`;
  });
  return levels.join('\n');
}

describe('airlock.yaml', () => {
  it('has a sample that airlock init would write: every field under its description', () => {
    const text = readFileSync(join(import.meta.dirname, '../../airlock.yaml'), 'utf8');
    expect(text).toBe(commentedConfig(sampleSettings));
    expect(Object.keys(descriptions)).toEqual(Object.keys(ConfigSchema.entries));
  });

  it('has a valid sample that shows the defaults', () => {
    const sample = loadConfig(join(import.meta.dirname, '../../airlock.yaml'));
    expect(sample).toEqual(parseConfig('clusters: [{name: demo, instanceProfiles: [demo-nodes]}]'));
  });

  it.each([
    ['', 'clusters: is missing and has no default; accepted: a list of clusters, each with its name'],
    ['clusters: [{}]', 'clusters.0.name: is missing and has no default; accepted: the name of a cluster'],
    ['clusters: demo', 'clusters: is "demo"; accepted: a list of clusters, each with its name'],
    ['clusters: [demo]', 'clusters.0: is "demo"; accepted: name, instanceProfiles, endpoint, certificateAuthority'],
    [
      'clusters: [{name: a}]\nsandboxImages: ["registry.k8s.io/pause:3.10"]',
      'sandboxImages.0: is "registry.k8s.io/pause:3.10"; accepted: a repository without tag and digest, for instance registry.example.com/mirror/pause',
    ],
    [
      'clusters: [{name: a}]\nruntimes: {gvisor: {annotations: [io.katacontainers.config.hypervisor.default_vcpus]}}',
      'annotations only under kata, because no other runtime reads any',
    ],
    [
      'clusters: [{name: a}]\nruntimes: {kata: {annotations: ["io.katacontainers.*"]}}',
      'runtimes.kata.annotations.0: is "io.katacontainers.*"; accepted: the full name of one of Kata\'s annotations',
    ],
    ['clusters: [{name: a}]\nproof: maybe', 'proof: is "maybe"; accepted: pod or host'],
    ['clusters: []', 'clusters: is []; accepted: at least one cluster'],
    [
      'clusters: [{name: "a b"}]',
      'clusters.0.name: is "a b"; accepted: the name of a cluster: up to 100 letters, digits, - and _, and dots only with',
    ],
    [
      'clusters: [{name: a, region: x}]',
      'clusters.0.region: unknown field; accepted: name, instanceProfiles, endpoint',
    ],
    ['clusters: [{name: a}, {name: a}]', 'accepted: each cluster once'],
    [
      'clusters: [{name: a, endpoint: "http://x", certificateAuthority: LS0tLS1CRUdJTiAAAA}]',
      'clusters.0.endpoint: is "http://x"; accepted: an https address',
    ],
    ['clusters: [{name: a, endpoint: "https://x"}]', 'accepted: endpoint and certificateAuthority together'],
    ['clusters: [{name: a}]\nmanifests: gitops', 'manifests: is "gitops"; accepted: apply or manual'],
    ['clusters: [{name: a, private: "yes"}]', 'clusters.0.private: is "yes"; accepted: true or false'],
    [
      'clusters: [{name: a, private: true, endpoint: "https://x", certificateAuthority: LS0tLS1CRUdJTiAAAA}]',
      'accepted: private only for a cluster in EKS',
    ],
    [
      'clusters: [{name: a, network: {vpc: vpc-01234567, subnets: [subnet-01234567], securityGroup: sg-01234567}}]',
      'accepted: network only with endpoint',
    ],
    [
      'clusters: [{name: a, endpoint: "https://x", certificateAuthority: LS0tLS1CRUdJTiAAAA, network: {vpc: vpc-01234567, subnets: [a], securityGroup: sg-01234567}}]',
      'clusters.0.network.subnets.0: is "a"; accepted: an id, subnet-0123456789abcdef0',
    ],
    [
      'clusters: [{name: a}]\nruntimes: {gvisr: {}}',
      'runtimes.gvisr: is "gvisr"; accepted: a runtime: one of gvisor, kata, sysbox',
    ],
    [
      'clusters: [{name: a}]\nruntimes: {gvisor: {version: 2.5}}',
      'runtimes.gvisor.version: is 2.5; accepted: a version in quotes',
    ],
    [
      'clusters: [{name: a}]\ndeadlineMinutes: 3',
      'deadlineMinutes: is 3; accepted: a whole number of minutes from 5 to 120',
    ],
    ['clusters: [{name: a}]\ngate: "a b"', 'gate: is "a b"; accepted: a taint key'],
    [
      'clusters: [{name: a}]\nonFailure: shrug',
      'onFailure: is "shrug"; accepted: quarantine, replace or replace-then-quarantine',
    ],
    [
      'clusters: [{name: a}]\nonFailure: replace',
      'clusters.0.instanceProfiles: is nothing; accepted: the instance profiles of the nodes of a, because onFailure is replace',
    ],
    [
      'clusters: [{name: a, instanceProfiles: [x]}, {name: b}]\nonFailure: replace-then-quarantine',
      'clusters.1.instanceProfiles: is nothing; accepted: the instance profiles of the nodes of b',
    ],
    [
      'clusters: [{name: a}]\npools: [{name: b, launchHook: c}]',
      'clusters.0.instanceProfiles: is nothing; accepted: the instance profiles of the nodes of a, because pool b replaces nodes',
    ],
    [
      'clusters: [{name: a}]\npools: [{name: Knoten-für-Gäste}]',
      'pools.0.name: is "Knoten-für-Gäste"; accepted: the name of a NodePool, node group or Auto Scaling group: up to 255 characters of printable ASCII',
    ],
    ['clusters: [{name: a}]\npools: [{onFailure: replace}]', 'pools.0.name: is missing and has no default'],
    ['clusters: [{name: a}]\npools: [{name: b}, {name: b}]', 'accepted: each pool once'],
    [
      'clusters: [{name: a}]\npools: [{name: b, gate: c}]',
      'pools.0.gate: unknown field; accepted: name, instanceProfiles, onFailure, deadlineMinutes, launchHook and rollout are the fields of a pool',
    ],
    [
      'clusters: [{name: a}]\ninventory: {every: 31d}',
      'inventory.every: is "31d"; accepted: a time from 1h to 30d: a whole number with h or d, for instance 24h',
    ],
    ['clusters: [{name: a}]\nartifacts: bucket', 'artifacts: is "bucket"; accepted: upstream or mirror'],
    ['clusters: [{name: a}]\nwithdrawAt: severe', 'withdrawAt: is "severe"; accepted: low, medium, high or critical'],
    [
      `clusters: [{name: a}]\ncatalogue: {file: ../catalogue.yaml, sha256: ${'a'.repeat(64)}}`,
      'catalogue.file: is "../catalogue.yaml"; accepted: a file below the folder of airlock.yaml',
    ],
    [
      'clusters: [{name: a}]\npools: [{name: b, deadlineMinutes: 121}]',
      'pools.0.deadlineMinutes: is 121; accepted: a whole number of minutes from 5 to 120',
    ],
    [
      'clusters: [{name: a}]\npools: [{name: b, launchHook: "a b"}]',
      'pools.0.launchHook: is "a b"; accepted: the name of a launch hook: up to 255 letters, digits, -, _ and /',
    ],
    [
      'clusters: [{name: a}]\nbreaker: {failures: 1}',
      'breaker.failures: is 1; accepted: a whole number of nodes from 2 to 100',
    ],
    ['clusters: [{name: a}]\nunknownHosts: maybe', 'unknownHosts: is "maybe"; accepted: prove or refuse'],
    [
      'clusters: [{name: a}]\nlogRetentionDays: 8',
      'logRetentionDays: is 8; accepted: a period that CloudWatch Logs accepts',
    ],
    [
      'clusters: [{name: a}]\ntargets: {releasePercent: 0}',
      'targets.releasePercent: is 0; accepted: a whole number of percent from 1 to 100',
    ],
    [
      'clusters: [{name: a}]\ntargets: {releaseMinutes: 3}',
      'targets.releaseMinutes: unknown field; accepted: releasePercent and releaseSeconds are the fields of targets',
    ],
    ['clusters: [{name: a}]\ndashboard: maybe', 'dashboard: is "maybe"; accepted: true or false'],
    [
      'clusters: [{name: a}]\nnotifications: {topicArn: me}',
      'notifications.topicArn: is "me"; accepted: the ARN of an SNS topic',
    ],
    [
      'clusters: [{name: a}]\nnotifications: {email: [oncall]}',
      'notifications.email.0: is "oncall"; accepted: mail address, for instance oncall@example.com',
    ],
    [
      'clusters: [{name: a}]\nnotifications: {topicArn: "arn:aws:sns:eu-central-1:123456789012:a", email: [a@example.com]}',
      'accepted: email, https and kmsKeyArn only without topicArn',
    ],
    [
      'clusters: [{name: a}]\nnotifications: {format: slack}',
      'notifications.format: is "slack"; accepted: text or chat',
    ],
    [
      'clusters: [{name: a}]\nauditKeyArn: alias/audit',
      'auditKeyArn: is "alias/audit"; accepted: the ARN of a KMS key',
    ],
    [
      'clusters: [{name: a}]\noperators: ["arn:aws:iam::123456789012:role/ops"]',
      'operators.0: is "arn:aws:iam::123456789012:role/ops"; accepted: the name of an IAM role of this account',
    ],
    ['clusters: [{name: a}]\ndeadline: 3', 'deadline: unknown field; accepted: clusters, runtimes'],
    ['clusters:', 'clusters: is nothing; accepted: a list of clusters'],
    ['clusters: [{name: prod.k8s.local}]', 'accepted: a name with dots only with endpoint'],
    ['clusters: [{name: a}]\nruntimes: {}', 'runtimes: is {}; accepted: at least one runtime, for instance gvisor: {}'],
    ['clusters: [{name: a}]\nruntimes:', 'runtimes: is nothing; accepted: runtimes by name, for instance gvisor: {}'],
    ['clusters: [{name: a}]\ndeadlineMinutes: .inf', 'deadlineMinutes: is Infinity; accepted: a whole number'],
    ['clusters: [', 'line 1, column'],
    ['clusters: [*demo]', 'line 1, column 12: *demo is an alias, and nothing above it has that anchor'],
    ['clusters: [{name: *a}]\ngate: &a b', 'line 1, column 19: *a is an alias, and nothing above it has that anchor'],
    ['clusters: &all [*all]', 'line 1, column 17: *all is an alias of what it stands in'],
    ['clusters: &all [{name: a, network: {vpc: *all}}]', 'line 1, column 42: *all is an alias of what it stands in'],
    [bomb(), 'its aliases expand to more than 100 copies'],
    ['clusters: [{name: a}]\ngate: a\ngate: b', 'line 3, column 1: gate: appears twice; accepted: each field once'],
    ['clusters: [{name: a, name: b}]', 'line 1, column 22: name: appears twice; accepted: each field once'],
    [
      'clusters: [{name: a}]\n---\nclusters: []',
      'line 2, column 1: a second document begins here; accepted: one document',
    ],
    ['clusters:\n\t- name: a', 'line 2, column 1: is indented with a tab; accepted: spaces'],
    ['clusters: [{name: !env CLUSTER}]', 'line 1, column 19: !env is a tag; accepted: values without tags'],
  ])('is refused with the field, the value and the accepted form: %j', (text, message) => {
    expect(faultsOf(text)).toEqual([expect.stringContaining(message)]);
  });

  it.each([
    '["*"]',
    '[a/b]',
    '["a*b"]',
    'x',
    '[]',
    '["arn:aws:iam::1:instance-profile/x"]',
    '["arn:aws:iam::123456789012:role/x"]',
  ])('refuses %s as instance profiles', (profiles) => {
    expect(faultsOf(`clusters: [{name: a, instanceProfiles: ${profiles}}]`)).toEqual([
      expect.stringContaining('accepted: a list of names or ARNs of instance profiles'),
    ]);
  });

  it.each([
    'clusters: [{name: a, instanceProfiles: [x]}]\nonFailure: replace',
    'clusters: [{name: a, instanceProfiles: ["a_*"]}]\npools: [{name: b, onFailure: replace}]',
    'clusters: [{name: a}]\npools: [{name: b, onFailure: replace, instanceProfiles: ["arn:aws-cn:iam::123456789012:instance-profile/p/q/b*"]}]',
    'clusters: [{name: a}]\npools: [{name: b, launchHook: c, onFailure: quarantine}]',
  ])('accepts instance profiles wherever nodes may be replaced: %j', (text) => {
    expect(faultsOf(text)).toEqual([]);
  });

  it('lists every error at once', () => {
    expect(faultsOf('clusters: [{name: a}]\ngate: ""\ndeadlineMinutes: 1')).toHaveLength(2);
  });

  it.each([
    ['a runtime with nothing under it', 'clusters: [{name: a}]\nruntimes:\n  gvisor:\n', { runtimes: { gvisor: {} } }],
    ['a breaker with nothing under it', 'clusters: [{name: a}]\nbreaker:\n', { breaker: { failures: 3 } }],
    ['pools with nothing under them', 'clusters: [{name: a}]\npools:\n', { pools: [] }],
    ['aliases', 'clusters: [{name: &n a}]\npools: [{name: *n}]', { pools: [{ name: 'a' }] }],
    [
      'a name of kOps with its own end point',
      'clusters: [{name: prod.k8s.local, endpoint: "https://api.prod.k8s.local", certificateAuthority: LS0tLS1CRUdJTiAA}]',
      { clusters: [{ name: 'prod.k8s.local' }] },
    ],
  ])('accepts %s', (_, text, expected) => {
    expect(parseConfig(text)).toMatchObject(expected);
  });

  it.each([
    'airlock.dev/bootstrap',
    'bootstrap',
    'example.com/node-restriction',
    'startup-taint.cluster-autoscaler.kubernetes.io/airlock',
    'readiness.k8s.io/airlock',
    'karpenter.example.com/gate',
    `${'a'.repeat(61)}.${'b'.repeat(61)}/${'c'.repeat(63)}`,
  ])('accepts the gate %s', (gate) => {
    expect(parseConfig(`clusters: [{name: a}]\ngate: ${gate}`)).toMatchObject({ gate });
  });

  it.each([
    ['karpenter.sh/unregistered', "Karpenter's"],
    ['karpenter.k8s.aws/gate', "Karpenter's"],
    ['compatibility.karpenter.sh/x', "Karpenter's"],
    ['node.kubernetes.io/not-ready', "the node lifecycle controller's"],
    ['node.cloudprovider.kubernetes.io/uninitialized', "the cloud controller's"],
    ['node-role.kubernetes.io/control-plane', 'reserved for Kubernetes'],
    ['node-restriction.kubernetes.io/airlock', 'reserved for Kubernetes'],
    ['kubernetes.io/gate', 'reserved for Kubernetes'],
    ['k8s.io/gate', 'reserved for Kubernetes'],
    ['status-taint.cluster-autoscaler.kubernetes.io/airlock', 'startup-taint'],
    ['ToBeDeletedByClusterAutoscaler', "the Cluster Autoscaler's"],
    ['DeletionCandidateOfClusterAutoscaler', "the Cluster Autoscaler's"],
    ['eks.amazonaws.com/compute-type', "EKS's"],
    ['node.cilium.io/agent-not-ready', 'Cilium removes cilium.io/ taints'],
    ['ebs.csi.aws.com/agent-not-ready', 'the AWS CSI drivers remove csi.aws.com/ taints'],
    ['airlock.dev/quarantined', 'marks quarantined nodes'],
  ])('refuses a reserved taint as the gate: %s', (gate, reason) => {
    const [fault, ...others] = faultsOf(`clusters: [{name: a}]\ngate: ${gate}`);
    expect(others).toEqual([]);
    expect(fault).toContain(`gate: is "${gate}"; accepted: your own taint key, for instance airlock.dev/bootstrap`);
    expect(fault).toContain(reason);
  });

  it.each(['a..b/c', 'a/b/c', '-a/b', 'a-/b', '/a', 'a/', `${'a'.repeat(64)}/b`, `${'a.'.repeat(127)}a/b`, 'B.com/a'])(
    'refuses an invalid key as the gate: %s',
    (gate) => {
      expect(faultsOf(`clusters: [{name: a}]\ngate: "${gate}"`)).toEqual([
        expect.stringContaining('a taint key, for instance'),
      ]);
    },
  );

  it('has its schema for editors beside it, as its first line states', () => {
    const root = join(import.meta.dirname, '../..');
    const [first] = readFileSync(join(root, 'airlock.yaml'), 'utf8').split('\n');

    expect(first).toBe('# yaml-language-server: $schema=airlock.schema.json');
    expect(readFileSync(join(root, 'airlock.schema.json'), 'utf8'), 'npm run docs').toBe(configSchema());
  });
});

it('a key of another region than the one that is deployed to is refused, and its field is named', () => {
  const auditKeyArn = 'arn:aws:kms:eu-central-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef';
  expect(() => checkRegion({ auditKeyArn }, 'us-east-1')).toThrow(/^airlock\.yaml: auditKeyArn: is .*in us-east-1/);
  for (const region of ['eu-central-1', undefined]) expect(() => checkRegion({ auditKeyArn }, region)).not.toThrow();
  expect(() => checkRegion({}, 'us-east-1')).not.toThrow();
});
