/** What a finding is about, in the order in which `airlock doctor` prints them. */
export const findingGroups = ['pools', 'cluster', 'account'] as const;

/** What a finding is about. */
export type FindingGroup = (typeof findingGroups)[number];

/** How bad a finding is, the worst first: `error` keeps nodes or pods from working, `warning` weakens or endangers something. */
export const findingLevels = ['error', 'warning'] as const;

/** How bad a finding is. */
export type FindingLevel = (typeof findingLevels)[number];

/** One misconfiguration that `airlock doctor` looks for. */
interface FindingKind {
  readonly group: FindingGroup;
  readonly level: FindingLevel;
  /** What is wrong, one sentence. */
  readonly sentence: string;
  /** What happens if it stays, one sentence, with placeholders as in the fix. */
  readonly effect: string;
  /** A command or a snippet. {@link fillIn} puts values of the configuration and the resource in place of `{gate}`, `{runtime}` and `{profile}`. */
  readonly fix: string;
  /** A page of the documentation, from the project's root. */
  readonly link: string;
}

/**
 * The closed list of findings. A code keeps its meaning for ever and is never given to another finding. `docs/operate/findings.md` and the tests
 * are made from this list.
 */
export const findings = {
  AL0001: {
    group: 'pools',
    level: 'error',
    sentence: 'The pool does not declare the gate as a taint that goes away.',
    effect: 'The autoscaler does not expect the taint to go, so it launches node after node or none at all.',
    fix: 'Karpenter, under spec.template.spec:\n  startupTaints: [{ key: {gate}, effect: NoSchedule }]\nnode group:\n  taints: [{ key: {gate}, effect: NoSchedule }]',
    link: 'docs/use/clusters.md#gates',
  },
  AL0002: {
    group: 'pools',
    level: 'error',
    sentence: 'Nodes do not register with the gate.',
    effect: 'Pods land on a node before its runtime is proven.',
    fix: "--kubelet-extra-args '--register-with-taints={gate}=:NoSchedule'",
    link: 'docs/use/deploy.md#2-close-the-gate',
  },
  AL0003: {
    group: 'pools',
    level: 'warning',
    sentence: 'The Cluster Autoscaler takes the gate for a taint that stays.',
    effect: 'It launches no node of the group for a pod, unless it runs with --startup-taint={gate}.',
    fix: 'airlock.yaml and the pool:\n  gate: startup-taint.cluster-autoscaler.kubernetes.io/airlock',
    link: 'docs/use/clusters.md#gates',
  },
  AL0004: {
    group: 'pools',
    level: 'error',
    sentence: "The pool's template lacks the label that the RuntimeClass selects.",
    effect: 'The autoscaler launches no node for a pod of the RuntimeClass, and the pod stays Pending.',
    fix: 'labels: { airlock.dev/runtime: {runtime} }',
    link: 'docs/use/deploy.md#2-close-the-gate',
  },
  AL0005: {
    group: 'pools',
    level: 'error',
    sentence: 'The instances do not get the tag airlock:runtime.',
    effect: 'Airlock leaves the instances alone, and their gate is never lifted.',
    fix: 'Karpenter, in the EC2NodeClass:\n  tags: { airlock:runtime: {runtime} }\nlaunch template, with ResourceType instance:\n  Tags: [{ Key: airlock:runtime, Value: {runtime} }]',
    link: 'docs/use/deploy.md#1-tag-the-instances',
  },
  AL0006: {
    group: 'pools',
    level: 'error',
    sentence: 'The tag airlock:runtime is set where it does not reach the instances.',
    effect: 'Airlock leaves the instances alone, and their gate is never lifted.',
    fix: 'Auto Scaling group:\n  PropagateAtLaunch: true\nmanaged node group, in its launch template with ResourceType instance:\n  Tags: [{ Key: airlock:runtime, Value: {runtime} }]',
    link: 'docs/use/deploy.md#1-tag-the-instances',
  },
  AL0007: {
    group: 'pools',
    level: 'error',
    sentence: 'The tag airlock:runtime asks for a runtime or version that is not configured.',
    effect: 'Each node of the pool is quarantined.',
    fix: 'airlock:runtime: {runtime}',
    link: 'docs/operate/outcomes.md',
  },
  AL0008: {
    group: 'pools',
    level: 'warning',
    sentence: 'The hop limit of the instance metadata is not 1.',
    effect: "A pod can take the node's AWS credentials.",
    fix: 'Karpenter:\n  metadataOptions: { httpTokens: required, httpPutResponseHopLimit: 1 }\nlaunch template:\n  MetadataOptions: { HttpTokens: required, HttpPutResponseHopLimit: 1 }\neksctl:\n  disablePodIMDS: true',
    link: 'docs/use/requirements.md',
  },
  AL0009: {
    group: 'pools',
    level: 'error',
    sentence: 'airlock.yaml does not name the instance profile of the pool.',
    effect: 'Airlock leaves the instances alone, whatever their tags are.',
    fix: 'airlock.yaml, under the cluster:\n  instanceProfiles: [{profile}]',
    link: 'docs/use/deploy.md#3-configure',
  },
  AL0010: {
    group: 'pools',
    level: 'error',
    sentence: 'Nested virtualization is off in a pool whose runtime starts virtual machines.',
    effect: 'The nodes have no /dev/kvm and are quarantined as kvm-missing.',
    fix: 'Karpenter, in the EC2NodeClass:\n  cpuOptions: { nestedVirtualization: enabled }\nlaunch template:\n  CpuOptions: { NestedVirtualization: enabled }',
    link: 'docs/use/requirements.md',
  },
  AL0011: {
    group: 'pools',
    level: 'error',
    sentence: 'A managed node group ignores nested virtualization, and its instances are not bare metal.',
    effect: 'The nodes have no /dev/kvm and are quarantined as kvm-missing.',
    fix: 'Use a Karpenter pool (examples/karpenter), an Auto Scaling group, or a .metal instance type.',
    link: 'https://github.com/aws/containers-roadmap/issues/2784',
  },
  AL0012: {
    group: 'cluster',
    level: 'error',
    sentence: 'The RuntimeClass selects nodes by a label that its pool does not declare.',
    effect: 'No autoscaler launches a node for a pod of the RuntimeClass, and the pod stays Pending.',
    fix: 'scheduling: { nodeSelector: { airlock.dev/runtime: {runtime} } }',
    link: 'docs/use/clusters.md#what-is-applied',
  },
  AL0013: {
    group: 'cluster',
    level: 'error',
    sentence: 'The RuntimeClass tolerates the gate.',
    effect: 'Its pods land on a node before its runtime is proven.',
    fix: 'Take the toleration of {gate} out of scheduling.tolerations.',
    link: 'docs/use/clusters.md#what-is-applied',
  },
  AL0014: {
    group: 'cluster',
    level: 'error',
    sentence: 'The cluster lacks an object that Airlock needs.',
    effect: 'Nodes end as cluster-forbidden, or the rights of Airlock have no bound.',
    fix: 'npx cdk deploy\nwith manifests: manual:\n  npx airlock manifests | kubectl apply --server-side -f -',
    link: 'docs/use/clusters.md#what-is-applied',
  },
  AL0015: {
    group: 'cluster',
    level: 'error',
    sentence: 'An object of Airlock was edited in the cluster.',
    effect: "Airlock's identity can do more or less than it should.",
    fix: 'npx cdk deploy\nwith manifests: manual:\n  npx airlock manifests | kubectl apply --server-side --force-conflicts -f -',
    link: 'docs/use/clusters.md#what-is-applied',
  },
  AL0016: {
    group: 'cluster',
    level: 'warning',
    sentence: 'A DaemonSet that runs on the pool does not tolerate the gate.',
    effect: 'If a node needs it to be Ready, each node of the pool ends as node-never-ready.',
    fix: 'tolerations: [{ key: {gate}, operator: Exists, effect: NoSchedule }]',
    link: 'docs/use/clusters.md#daemonsets',
  },
  AL0017: {
    group: 'account',
    level: 'error',
    sentence: 'The account has no room for a resource policy of CloudWatch Logs in this region.',
    effect: 'The deployment fails, because EventBridge could not write the audit trail.',
    fix: 'aws logs describe-resource-policies\naws logs delete-resource-policy --policy-name NAME',
    link: 'docs/use/requirements.md',
  },
  AL0018: {
    group: 'account',
    level: 'warning',
    sentence: 'The account can run too few Lambda functions at once.',
    effect: 'Lambda throttles Airlock when many nodes launch, and they are released late.',
    fix: 'aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value 1000',
    link: 'docs/use/requirements.md',
  },
} as const satisfies Readonly<Record<string, FindingKind>>;

/** The code of a finding. */
export type FindingCode = keyof typeof findings;

/** All codes, in the order of the list. */
export const findingCodes = Object.keys(findings) as readonly FindingCode[];

/** What fills the placeholders of a fix. */
export interface FixValues {
  readonly gate: string;
  readonly runtime: string;
  readonly profile: string;
}

/** One misconfiguration of one resource. */
export interface Finding {
  readonly code: FindingCode;
  /** The resource and the file or cluster it is in, for instance `NodePool sandboxed in pools.yaml`. */
  readonly resource: string;
  readonly field: string;
  /** The value seen. */
  readonly seen: string;
  readonly values?: Partial<FixValues>;
}

/** Something that could not be looked at. It never counts as fine. */
export interface NotChecked {
  /** What therefore was not looked for. */
  readonly codes: readonly FindingCode[];
  readonly resource: string;
  readonly reason: string;
}

/** What a look at some resources brought. */
export interface Diagnosis {
  /** What was looked at. */
  readonly checked: readonly string[];
  readonly findings: readonly Finding[];
  readonly notChecked: readonly NotChecked[];
}

/** One diagnosis out of several. */
export function joinDiagnoses(diagnoses: readonly Diagnosis[]): Diagnosis {
  return {
    checked: diagnoses.flatMap(({ checked }) => checked),
    findings: diagnoses.flatMap((one) => one.findings),
    notChecked: diagnoses.flatMap(({ notChecked }) => notChecked),
  };
}

/** Looks a kind of finding up. */
export function findingOf(code: FindingCode): FindingKind {
  return findings[code];
}

/** Fills the placeholders of an effect or a fix in; one without a value stays as it is. */
export function fillIn(text: string, values: Partial<FixValues>): string {
  return text.replace(/\{(gate|runtime|profile)\}/g, (whole, name: keyof FixValues) => values[name] ?? whole);
}
