/** What a finding is about, in the order in which `airlock doctor` prints them. */
export const findingGroups = ['pools', 'images', 'cluster', 'rights', 'network', 'artifacts', 'account'] as const;

/** What a finding is about. */
export type FindingGroup = (typeof findingGroups)[number];

/**
 * How bad a finding is, the worst first: `error` keeps nodes or pods from working, `warning` weakens or endangers
 * something.
 */
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
  /**
   * A command or a snippet. {@link fillIn} puts values of the configuration and the resource in place of the {@link
   * placeholders}.
   */
  readonly fix: string;
  /** A page of the documentation, from the project's root. */
  readonly link: string;
}

/**
 * The closed list of findings. A code keeps its meaning for ever and is never given to another finding.
 * `docs/operate/findings.md` and the tests are made from this list.
 */
export const findings = {
  AL0001: {
    group: 'pools',
    level: 'error',
    sentence: 'The pool does not declare the gate as a taint that goes away.',
    effect: 'The autoscaler does not expect the taint to go, so it launches node after node or none at all.',
    fix: 'Karpenter, under spec.template.spec:\n  startupTaints: [{ key: {gate}, effect: NoSchedule }]\nnode group:\n  taints: [{ key: {gate}, effect: NoSchedule }]\nor, if the pool has the taint that you want, airlock.yaml:\n  gate: THE_KEY_OF_THAT_TAINT',
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
    fix: 'airlock:runtime: {runtime}\nand in airlock.yaml, if it is not there:\n  runtimes: { {runtime}: {} }',
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
    group: 'rights',
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
  AL0019: {
    group: 'pools',
    level: 'error',
    sentence: 'No instance type of the pool has nested virtualization, and its runtime starts virtual machines.',
    effect: 'The nodes have no /dev/kvm and are quarantined as kvm-missing.',
    fix: 'Karpenter, under spec.template.spec.requirements:\n  - { key: karpenter.k8s.aws/instance-family, operator: In, values: [c8i, m8i, r8i] }\nlaunch template:\n  InstanceType: m8i.large',
    link: 'docs/use/requirements.md',
  },
  AL0020: {
    group: 'pools',
    level: 'warning',
    sentence: "The file changes fields by which Karpenter recognizes the pool's nodes.",
    effect: 'Once you apply it, every node of the pool has drifted, and Karpenter replaces all of them.',
    fix: 'Apply it when the pool may be replaced, or limit the pace in the NodePool:\n  disruption: { budgets: [{ nodes: "10%", reasons: [Drifted] }] }',
    link: 'https://karpenter.sh/docs/concepts/disruption/#drift',
  },
  AL0021: {
    group: 'images',
    level: 'warning',
    sentence: "The pool's image is Amazon Linux, and the catalogue has no rule for it.",
    effect: 'Only the proof on each node decides, and with unknownHosts: refuse each node is quarantined.',
    fix: 'Use an image of Ubuntu for EKS; a managed node group takes its id from a launch template:\n  ImageId: resolve:ssm:/aws/service/canonical/ubuntu/eks/24.04/1.34/stable/current/amd64/hvm/ebs-gp3/ami-id',
    link: 'docs/use/runtimes.md#hosts',
  },
  AL0022: {
    group: 'images',
    level: 'error',
    sentence: "The pool's image has no bash, or does not let a runtime be installed.",
    effect: 'The installation fails on each node, and all of them are quarantined.',
    fix: 'Use an image of Ubuntu for EKS:\n  amiSelectorTerms: [{ owner: "099720109477", name: ubuntu-eks/k8s_1.34/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-* }]',
    link: 'docs/use/requirements.md',
  },
  AL0023: {
    group: 'images',
    level: 'error',
    sentence: 'The catalogue refuses the host for the runtime.',
    effect: 'Each node of the pool is quarantined as host-unsupported.',
    fix: 'npx airlock catalogue --runtime {runtime}',
    link: 'docs/use/runtimes.md#hosts',
  },
  AL0024: {
    group: 'images',
    level: 'error',
    sentence: 'The SSM agent on a running node is too old to pass parameters safely.',
    effect: 'The next launch of its image ends as agent-too-old.',
    fix: 'in the user data, before bootstrap:\n  snap refresh amazon-ssm-agent || true',
    link: 'docs/use/requirements.md#the-ssm-agent-on-ubuntu',
  },
  AL0025: {
    group: 'images',
    level: 'error',
    sentence: 'No SSM agent answers on a running node.',
    effect: 'Airlock cannot reach the node, and its launch ends as agent-offline.',
    fix: 'aws ssm describe-instance-information --filters Key=InstanceIds,Values={instance}\nThe node needs the agent, a role with AmazonSSMManagedInstanceCore, and a way to the endpoints ssm and ssmmessages.',
    link: 'docs/use/requirements.md#the-ssm-agent-on-ubuntu',
  },
  AL0026: {
    group: 'rights',
    level: 'error',
    sentence: "The pool's instance profile or role does not exist.",
    effect: 'EC2 launches no instance with it, or instances have no rights at all.',
    fix: 'aws iam get-instance-profile --instance-profile-name {profile}\naws iam get-role --role-name {role}',
    link: 'docs/use/requirements.md',
  },
  AL0027: {
    group: 'rights',
    level: 'error',
    sentence: "The pool's role does not let the SSM agent work.",
    effect: 'The agent does not come online, and each launch ends as agent-offline.',
    fix: 'aws iam attach-role-policy --role-name {role} --policy-arn arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore',
    link: 'docs/use/requirements.md',
  },
  AL0028: {
    group: 'pools',
    level: 'error',
    sentence: 'The Auto Scaling group lacks the launch hook that airlock.yaml names.',
    effect: 'Instances go into service before they are proven, and Airlock cannot turn a failed one away.',
    fix: 'aws autoscaling put-lifecycle-hook --auto-scaling-group-name {pool} --lifecycle-hook-name {hook} --lifecycle-transition autoscaling:EC2_INSTANCE_LAUNCHING --heartbeat-timeout {seconds} --default-result ABANDON',
    link: 'docs/use/deploy.md#3-configure',
  },
  AL0029: {
    group: 'pools',
    level: 'warning',
    sentence: 'The launch hook ends before the deadline of its pool.',
    effect: 'The group gives an instance up while Airlock still works on it.',
    fix: 'aws autoscaling put-lifecycle-hook --auto-scaling-group-name {pool} --lifecycle-hook-name {hook} --heartbeat-timeout {seconds}',
    link: 'docs/use/deploy.md#3-configure',
  },
  AL0030: {
    group: 'pools',
    level: 'error',
    sentence: 'An instance goes into service if its launch hook gets no answer.',
    effect: 'An instance that was never proven goes into service.',
    fix: 'aws autoscaling put-lifecycle-hook --auto-scaling-group-name {pool} --lifecycle-hook-name {hook} --default-result ABANDON',
    link: 'docs/use/deploy.md#3-configure',
  },
  AL0031: {
    group: 'network',
    level: 'error',
    sentence:
      "The cluster's API cannot be reached from Lambda's network, and airlock.yaml does not call the cluster private.",
    effect: 'Each launch ends as cluster-unreachable.',
    fix: 'airlock.yaml, under the cluster, if its private endpoint is on:\n  private: true',
    link: 'docs/use/clusters.md#private-endpoints',
  },
  AL0032: {
    group: 'cluster',
    level: 'error',
    sentence: 'The cluster takes no access entries.',
    effect: "The deployment fails, because Airlock's function gets no identity in the cluster.",
    fix: 'aws eks update-cluster-config --name {cluster} --access-config authenticationMode=API_AND_CONFIG_MAP',
    link: 'docs/use/clusters.md#clusters-of-every-kind',
  },
  AL0033: {
    group: 'cluster',
    level: 'error',
    sentence: 'The Kubernetes version of the cluster is too old.',
    effect: 'The API does not know ValidatingAdmissionPolicy, so the deployment fails.',
    fix: 'aws eks update-cluster-version --name {cluster} --kubernetes-version 1.30',
    link: 'docs/use/requirements.md',
  },
  AL0034: {
    group: 'cluster',
    level: 'error',
    sentence: 'EKS does not know the cluster in this account and region.',
    effect: 'The deployment fails, and the instances of the cluster are left alone.',
    fix: 'aws eks list-clusters',
    link: 'docs/use/clusters.md#clusters-of-every-kind',
  },
  AL0035: {
    group: 'artifacts',
    level: 'error',
    sentence: 'A file of the runtime cannot be downloaded from here.',
    effect: 'If nodes get the same answer, each launch ends as download-failed.',
    fix: 'on a node, or from its subnet:\n  curl --head --location {url}',
    link: 'docs/use/requirements.md',
  },
  AL0036: {
    group: 'account',
    level: 'warning',
    sentence: 'A quota of the account leaves no room for the stack.',
    effect: 'The deployment fails and is rolled back.',
    fix: 'Delete what is not needed, or have the quota raised:\n  aws service-quotas list-service-quotas --service-code {service}',
    link: 'docs/use/requirements.md',
  },
  AL0037: {
    group: 'artifacts',
    level: 'error',
    sentence: 'The mirror lacks a pinned file, or has another content under its key.',
    effect: 'Nodes that request it end as download-failed or checksum-mismatch.',
    fix: 'npx airlock artifacts fill',
    link: 'docs/use/mirror.md',
  },
  AL0038: {
    group: 'pools',
    level: 'warning',
    sentence: 'Nodes run a version that an advisory withdraws.',
    effect: 'Pods on them can do what the advisory describes.',
    fix: "npx airlock advisories {advisory}\nSet a version without it in airlock.yaml or in the pool's tag, deploy, and replace the nodes.",
    link: 'docs/operate/advisories.md',
  },
  AL0039: {
    group: 'pools',
    level: 'warning',
    sentence: 'airlock.yaml has settings for a pool, and no pool has its name.',
    effect: 'The settings hold for no node.',
    fix: 'airlock.yaml, with the value that its instances have in one of these tags:\n  pools: [{ name: THE_NAME }]\n  # karpenter.sh/nodepool, eks:nodegroup-name or aws:autoscaling:groupName',
    link: 'docs/use/deploy.md#3-configure',
  },
  AL0040: {
    group: 'pools',
    level: 'warning',
    sentence: 'A tag keeps nodes at a version that an advisory withdraws.',
    effect: 'No rollout moves these nodes, and new launches with the tag end as version-withdrawn.',
    fix: 'the template of the pool, under its tags (or a version without the advisory):\n  airlock:runtime: {runtime}\nnpx airlock advisories {advisory}\nThen replace the nodes that it names as pinned.',
    link: 'docs/operate/rollouts.md#pinned-nodes',
  },
} as const satisfies Readonly<Record<string, FindingKind>>;

/** The code of a finding. */
export type FindingCode = keyof typeof findings;

/** All codes, in the order of the list. */
export const findingCodes = Object.keys(findings) as readonly FindingCode[];

/** The names in braces that a fix or an effect can have. */
export const placeholders = [
  'gate',
  'runtime',
  'profile',
  'role',
  'pool',
  'hook',
  'seconds',
  'cluster',
  'instance',
  'url',
  'service',
  'advisory',
] as const;

/** What fills the placeholders of a fix. */
export type FixValues = Readonly<Record<(typeof placeholders)[number], string>>;

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

/** How many things in a diagnosis need a person: errors, and what could not be looked at, which is never fine. */
export function countAlarming({ findings, notChecked }: Diagnosis): number {
  return findings.filter(({ code }) => findingOf(code).level === 'error').length + notChecked.length;
}

/** Looks a kind of finding up. */
export function findingOf(code: FindingCode): FindingKind {
  return findings[code];
}

/** Fills the placeholders of an effect or a fix in; one without a value stays as it is. */
export function fillIn(text: string, values: Partial<FixValues>): string {
  return placeholders.reduce((filled, name) => filled.replaceAll(`{${name}}`, values[name] ?? `{${name}}`), text);
}
